# Tested in full on Node 20, and as a smoke test on Node 24, which is the one that still gets fixes.
FROM node:24-bookworm-slim AS build
WORKDIR /portcullis
COPY package.json package-lock.json ./
# Without a compiler in this image argon2 stays the shipped binary. One compiled with -march=native would end with
# SIGILL on a machine with another CPU. "npm install" for a lock file that lacks packages for this system.
RUN npm ci --include=dev --no-audit --no-fund || npm install --no-save --include=dev --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /portcullis
COPY --from=build /portcullis/package.json ./
COPY --from=build /portcullis/node_modules ./node_modules
COPY --from=build /portcullis/schema ./schema
COPY --from=build /portcullis/templates ./templates
COPY --from=build /portcullis/dist ./dist
# What is compiled here need not be compiled at each start: a tenth of its CPU time. For the user who runs it, because
# Node keeps one such cache for each.
ENV NODE_COMPILE_CACHE=/portcullis/.compiled
RUN install --directory --owner=node .compiled
USER node
RUN node --eval "import('./dist/portcullis.js').then(() => process.exit())"
EXPOSE 4000
# The certificate of TLS_CERT names the public host and not this one.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1", "node", "-e", "const { TLS_CERT, PORT } = process.env; fetch((TLS_CERT ? 'https' : 'http') + '://127.0.0.1:' + (PORT || 4000) + '/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Passwords are hashed on the thread pool: one thread for each core, and two for files and names. "exec", so that
# SIGTERM reaches the server.
ENTRYPOINT ["sh", "-c", "export UV_THREADPOOL_SIZE=\"${UV_THREADPOOL_SIZE:-$(( $(nproc) + 2 ))}\"; exec node --enable-source-maps dist/main.js \"$@\"", "portcullis"]
