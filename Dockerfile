# One image for all three processes: `serve gateway`, `serve rasa`, `serve actions` (compose.yaml).
# Stage one installs the locked environment and trains; stage two holds what runs, without compilers.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY Makefile pyproject.toml requirements.lock ./
COPY .ci ./.ci
RUN make install
COPY . .
RUN make train

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app helpdesk
WORKDIR /app
COPY --from=build /app /app
# What is written while it runs goes to /tmp and the database; the image itself is read-only.
ENV PATH="/app/.venv/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    HELPDESK_ENV=production
# By number: Kubernetes cannot tell of a name that it is not root's.
USER 10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "bot", "serve"]
CMD ["gateway"]
