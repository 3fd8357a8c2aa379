# Any Node.js 24 on Debian; a release names it by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS manifest
ENV NPM_CONFIG_UPDATE_NOTIFIER=false
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM manifest AS build
# The optional ones, too: the bundler of the console is one of them.
RUN npm ci --ignore-scripts --workspaces=false
COPY . .
RUN npm run build

FROM manifest AS production-packages
RUN npm ci --ignore-scripts --workspaces=false --omit=dev --omit=optional

# The embedded stack, for machines without Linux: see docker-compose.yml.
FROM build AS local
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app && install -d -o app -m 700 /data
ENV SENSORFLOW_DATA_DIR=/data
USER 10001:10001
ENTRYPOINT []
CMD ["node", "dist/apps/local/src/main.js"]

# The API, and the stage that a plain build makes.
FROM ${NODE_IMAGE} AS api
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app
WORKDIR /app
COPY --from=production-packages /app/node_modules ./node_modules
COPY --from=build /app/dist/package.json ./dist/
COPY --from=build /app/dist/libs ./dist/libs
COPY --from=build /app/dist/apps/api ./dist/apps/api
COPY --from=build /app/dist/console ./dist/console
COPY --from=build /app/dist/redoc ./dist/redoc
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps PORT=3000
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
# No curl in a slim image. Amazon ECS reads its task definition instead of this.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "dist/apps/api/src/healthcheck.js"]
# Node itself is process 1 and gets the signals: neither npm nor the base's entry script stands between.
ENTRYPOINT []
CMD ["node", "dist/apps/api/src/main.js"]
