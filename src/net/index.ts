/** The door to HTTP and gRPC for plugins: servers, clients, TLS, body limits. */
export {}
