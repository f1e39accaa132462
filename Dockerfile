# Builds Parsec and runs it as an unprivileged user. The embedded engine needs glibc: no Alpine.
FROM node:22-bookworm-slim AS build
WORKDIR /parsec
COPY package.json package-lock.json ./
RUN npm install --no-save --no-fund --no-audit
COPY . .
RUN npx tsc && npm prune --omit=dev

FROM node:22-bookworm-slim
WORKDIR /parsec
COPY --from=build /parsec/package.json ./
COPY --from=build /parsec/node_modules ./node_modules
COPY --from=build /parsec/dist ./dist
COPY --from=build /parsec/bin ./bin
COPY --from=build /parsec/config ./config
RUN mkdir -p /var/lib/parsec && chown node:node /var/lib/parsec
USER node
ENV PARSEC_LISTEN=0.0.0.0 PARSEC_DATA=/var/lib/parsec
VOLUME /var/lib/parsec
EXPOSE 4317 4318 8080 8888
HEALTHCHECK CMD ["node", "-e", "fetch('http://localhost:8888/health').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/parsec.js"]
CMD ["run", "--config", "config/standalone.yaml"]
