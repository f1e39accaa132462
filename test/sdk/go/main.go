// Sends the test records with the OpenTelemetry SDK for Go. See ../README.md for the contract.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

func exporter(ctx context.Context) (sdklog.Exporter, error) {
	endpoint := os.Getenv("PARSEC_ENDPOINT")
	gzip := os.Getenv("PARSEC_COMPRESSION") == "gzip"
	if os.Getenv("PARSEC_PROTOCOL") == "grpc" {
		options := []otlploggrpc.Option{otlploggrpc.WithEndpointURL(endpoint), otlploggrpc.WithInsecure()}
		if gzip {
			options = append(options, otlploggrpc.WithCompressor("gzip"))
		}
		return otlploggrpc.New(ctx, options...)
	}
	options := []otlploghttp.Option{otlploghttp.WithEndpointURL(endpoint + "/v1/logs")}
	if gzip {
		options = append(options, otlploghttp.WithCompression(otlploghttp.GzipCompression))
	}
	return otlploghttp.New(ctx, options...)
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	exp, err := exporter(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exp)),
		sdklog.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "sdk-go"),
			attribute.String("service.version", "1.2.3"),
			attribute.String("run.id", os.Getenv("PARSEC_RUN_ID")),
		)),
	)
	logger := provider.Logger("sdk.test", otellog.WithInstrumentationVersion("0.1.0"))
	traceID, _ := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	spanID, _ := trace.SpanIDFromHex("b7ad6b7169203331")
	inSpan := trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled,
	}))
	timestamp := time.Unix(1700000000, 123456789)

	var first otellog.Record
	first.SetTimestamp(timestamp)
	first.SetSeverity(otellog.SeverityError)
	first.SetSeverityText("ERROR")
	first.SetEventName("sdk.event")
	first.SetBody(attribute.StringValue("hello from the SDK: \u00fc \U0001f600"))
	first.AddAttributes(
		attribute.String("text", "value"),
		attribute.Bool("flag", true),
		attribute.Int("count", 42),
		attribute.Float64("ratio", 1.5),
		attribute.Slice("list", attribute.StringValue("a"), attribute.StringValue("b")),
	)
	logger.Emit(inSpan, first)

	var second otellog.Record
	second.SetTimestamp(timestamp)
	second.SetSeverity(otellog.SeverityInfo)
	second.SetSeverityText("INFO")
	second.SetBody(attribute.MapValue(attribute.String("key", "value"), attribute.Int("number", 1)))
	logger.Emit(ctx, second)

	if err := provider.ForceFlush(ctx); err != nil {
		log.Fatal(err)
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
