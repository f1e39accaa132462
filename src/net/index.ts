/** The door to HTTP and gRPC for plugins: servers, clients, TLS, body limits. */

export { batchContext, headerMetadata, requestIdOf } from './batch-context.ts'
export { clientAuthOf } from './client-auth.ts'
export {
  type GrpcClientConfig,
  grpcClientFields,
  type HttpClientConfig,
  httpClientFields,
} from './client-config.ts'
export { GrpcClient, type GrpcClientOptions, type UnaryOptions } from './grpc-client.ts'
export {
  type GrpcCall,
  type GrpcHandler,
  GrpcServer,
  type GrpcServerContext,
} from './grpc-server.ts'
export { type GrpcServerConfig, grpcServerFields, withConnectionAge } from './grpc-server-config.ts'
export { type GrpcTarget, parseGrpcTarget } from './grpc-target.ts'
export { HttpClient, type HttpClientOptions, type HttpResponse } from './http-client.ts'
export {
  type ErrorRenderer,
  errorResponse,
  type HttpHandler,
  type HttpServerRequest,
  type HttpServerResponse,
  renderedError,
} from './http-message.ts'
export { type HttpRoute, HttpServer, type HttpServerContext } from './http-server.ts'
export { type HttpServerConfig, httpServerFields } from './http-server-config.ts'
export { formatHostPort, type HostPort, listen, parseHostPort } from './listen.ts'
export { OtlpGrpcSender } from './otlp-grpc-sender.ts'
export { OtlpHttpSender } from './otlp-http-sender.ts'
export { OtlpLogsExporter, type OtlpLogsExporterOptions } from './otlp-logs-exporter.ts'
export type { OtlpSender, SendOptions } from './otlp-sender.ts'
export { jsonReply, type StatusReply, type StatusRoute, StatusServer } from './status-server.ts'
export {
  type TlsClientConfig,
  type TlsServerConfig,
  tlsClientConfig,
  tlsServerConfig,
} from './tls-config.ts'
export { loadTlsClientOptions, loadTlsServerOptions } from './tls-options.ts'
