# syntax=docker/dockerfile:1
# The gateway, and the mock model server as a target of its own. Neither image has a shell.
#
#   docker build -t inference-gateway .
#   docker build -t mock-upstream --target mock-upstream .

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Crates and what was built of them stay from one build to the next, outside the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p inference-gateway -p mock-upstream --bins --features inference-gateway/otel \
    && install -D -t /out target/release/inference-gateway target/release/mock-upstream

FROM gcr.io/distroless/cc-debian12:nonroot AS mock-upstream
COPY --from=build /out/mock-upstream /usr/local/bin/mock-upstream
USER 65532:65532
EXPOSE 8001
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/mock-upstream", "--bind", "0.0.0.0:8001"]

FROM gcr.io/distroless/cc-debian12:nonroot AS gateway
LABEL org.opencontainers.image.title="inference-gateway" \
      org.opencontainers.image.description="Readable summaries of prompt and reasoning, in order, before the streamed answer" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out/inference-gateway /usr/local/bin/inference-gateway
USER 65532:65532
ENV BIND_ADDR=0.0.0.0:8000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/inference-gateway", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/inference-gateway"]
