# Rolegate in a container. How to run it: docs/how-to/run-with-docker.md.
# For a build that can be repeated, give the digest too: --build-arg NODE_IMAGE=node:24-trixie-slim@sha256:…
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No package runs a script of its own while it is installed (security.md K-13).
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /src
COPY package.json package-lock.json ./
# Nothing optional: node:sqlite serves the store on Node 24, and the demo's IdP has no place here.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Rolegate" \
      org.opencontainers.image.description="A self-hosted federation gateway for AWS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=packages /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY views views
COPY completions completions
# The one folder that is written to. There is no VOLUME: a volume nobody named would take the signing key with it.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/rolegate \
 && ln -s /app/dist/rolegate.cjs /usr/local/bin/rolegate

USER 10001:10001
EXPOSE 8420
# Asks the management listener, 127.0.0.1:9464 inside the container. Set --url when the file puts it elsewhere.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["rolegate", "health"]
# SIGUSR1 would open Node's inspector to every process of this user (threats.md K10).
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/main.js"]
CMD ["serve", "--config", "/etc/rolegate/rolegate.yaml"]
