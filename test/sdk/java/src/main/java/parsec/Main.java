package parsec;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.resources.Resource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Sends the test records with the OpenTelemetry SDK for Java. See ../README.md for the contract. */
public final class Main {
  public static void main(String[] args) {
    Resource resource =
        Resource.create(
            Attributes.builder()
                .put("service.name", "sdk-java")
                .put("service.version", "1.2.3")
                .put("run.id", System.getenv("PARSEC_RUN_ID"))
                .build());
    SdkLoggerProvider provider =
        SdkLoggerProvider.builder()
            .setResource(resource)
            .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter()).build())
            .build();
    Logger logger = provider.loggerBuilder("sdk.test").setInstrumentationVersion("0.1.0").build();
    SpanContext span =
        SpanContext.create(
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            TraceFlags.getSampled(),
            TraceState.getDefault());
    logger
        .logRecordBuilder()
        .setTimestamp(1700000000123456789L, TimeUnit.NANOSECONDS)
        .setContext(Context.root().with(Span.wrap(span)))
        .setSeverity(Severity.ERROR)
        .setSeverityText("ERROR")
        .setEventName("sdk.event")
        .setBody("hello from the SDK: \u00fc \uD83D\uDE00")
        .setAttribute(AttributeKey.stringKey("text"), "value")
        .setAttribute(AttributeKey.booleanKey("flag"), true)
        .setAttribute(AttributeKey.longKey("count"), 42L)
        .setAttribute(AttributeKey.doubleKey("ratio"), 1.5)
        .setAttribute(AttributeKey.stringArrayKey("list"), List.of("a", "b"))
        .emit();
    logger
        .logRecordBuilder()
        .setTimestamp(1700000000123456789L, TimeUnit.NANOSECONDS)
        .setSeverity(Severity.INFO)
        .setSeverityText("INFO")
        .setBody(Value.of(Map.of("key", Value.of("value"), "number", Value.of(1L))))
        .emit();
    boolean flushed = provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess();
    provider.shutdown().join(10, TimeUnit.SECONDS);
    System.exit(flushed ? 0 : 1);
  }

  private static LogRecordExporter exporter() {
    String endpoint = System.getenv("PARSEC_ENDPOINT");
    String compression = System.getenv("PARSEC_COMPRESSION");
    if (System.getenv("PARSEC_PROTOCOL").equals("grpc")) {
      return OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).setCompression(compression).build();
    }
    return OtlpHttpLogRecordExporter.builder()
        .setEndpoint(endpoint + "/v1/logs")
        .setCompression(compression)
        .build();
  }

  private Main() {}
}
