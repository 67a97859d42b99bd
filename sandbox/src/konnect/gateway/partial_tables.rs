//! The configuration of partials, by type.
//!
//! Fields that the document shares between types are one table.

use super::entity::{INTEGER, TEXT};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Field, Initial, Schema, Unknown};

static REDIS_CE_CLOUD_AUTHENTICATION: Schema = Schema {
    fields: &[
        Field::new("auth_provider", Is::Choice(&["aws", "azure", "gcp"])),
        Field::new("aws_access_key_id", TEXT),
        Field::new("aws_assume_role_arn", TEXT),
        Field::new("aws_cache_name", TEXT),
        Field::new("aws_is_serverless", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("aws_region", TEXT),
        Field::new("aws_role_session_name", TEXT),
        Field::new("aws_secret_access_key", TEXT),
        Field::new("azure_client_id", TEXT),
        Field::new("azure_client_secret", TEXT),
        Field::new("azure_tenant_id", TEXT),
        Field::new("gcp_service_account_json", TEXT),
    ],
    unknown: Unknown::Ignored,
};

/// A Redis of the open source.
pub(super) static REDIS_CE: Schema = Schema {
    fields: &[
        Field::new("cloud_authentication", Is::Object(&REDIS_CE_CLOUD_AUTHENTICATION)),
        Field::new("database", INTEGER).or(Initial::Integer(0)),
        Field::new("host", TEXT),
        Field::new("password", TEXT),
        Field::new("port", Is::Integer(0, 65_535)).or(Initial::Integer(6379)),
        Field::new("server_name", TEXT),
        Field::new("ssl", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("ssl_verify", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("timeout", Is::Integer(0, 2_147_483_646)).or(Initial::Integer(2000)),
        Field::new("username", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static REDIS_EE_CLUSTER_NODES: Schema = Schema {
    fields: &[
        Field::new("ip", TEXT).or(Initial::Text("127.0.0.1")),
        Field::new("port", Is::Integer(0, 65_535)).or(Initial::Integer(6379)),
    ],
    unknown: Unknown::Ignored,
};

static REDIS_EE_SENTINEL_NODES: Schema = Schema {
    fields: &[
        Field::new("host", TEXT).or(Initial::Text("127.0.0.1")),
        Field::new("port", Is::Integer(0, 65_535)).or(Initial::Integer(6379)),
    ],
    unknown: Unknown::Ignored,
};

/// A Redis with clusters and sentinels.
pub(super) static REDIS_EE: Schema = Schema {
    fields: &[
        Field::new("cloud_authentication", Is::Object(&REDIS_CE_CLOUD_AUTHENTICATION)),
        Field::new("cluster_max_redirections", INTEGER).or(Initial::Integer(5)),
        Field::new("cluster_nodes", Is::List(0, usize::MAX, &Is::Object(&REDIS_EE_CLUSTER_NODES))),
        Field::new("connect_timeout", Is::Integer(0, 2_147_483_646)).or(Initial::Integer(2000)),
        Field::new("connection_is_proxied", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("database", INTEGER).or(Initial::Integer(0)),
        Field::new("host", TEXT).or(Initial::Text("127.0.0.1")),
        Field::new("keepalive_backlog", Is::Integer(0, 2_147_483_646)),
        Field::new("keepalive_pool_size", Is::Integer(1, 2_147_483_646)).or(Initial::Integer(256)),
        Field::new("password", TEXT),
        Field::new("port", Is::Integer(0, 65_535)).or(Initial::Integer(6379)),
        Field::new("read_timeout", Is::Integer(0, 2_147_483_646)).or(Initial::Integer(2000)),
        Field::new("send_timeout", Is::Integer(0, 2_147_483_646)).or(Initial::Integer(2000)),
        Field::new("sentinel_master", TEXT),
        Field::new("sentinel_nodes", Is::List(0, usize::MAX, &Is::Object(&REDIS_EE_SENTINEL_NODES))),
        Field::new("sentinel_password", TEXT),
        Field::new("sentinel_role", Is::Choice(&["any", "master", "slave"])),
        Field::new("sentinel_username", TEXT),
        Field::new("server_name", TEXT),
        Field::new("ssl", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("ssl_verify", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("username", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static VECTORDB_PGVECTOR: Schema = Schema {
    fields: &[
        Field::new("database", TEXT).or(Initial::Text("kong-pgvector")),
        Field::new("host", TEXT).or(Initial::Text("127.0.0.1")),
        Field::new("password", TEXT),
        Field::new("port", INTEGER).or(Initial::Integer(5432)),
        Field::new("ssl", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("ssl_cert", TEXT),
        Field::new("ssl_cert_key", TEXT),
        Field::new("ssl_required", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("ssl_verify", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("ssl_version", Is::Choice(&["any", "tlsv1_2", "tlsv1_3"])).or(Initial::Text("tlsv1_2")),
        Field::new("timeout", Is::Number).or(Initial::Integer(5000)),
        Field::new("user", TEXT).or(Initial::Text("postgres")),
    ],
    unknown: Unknown::Ignored,
};

/// A database of vectors.
pub(super) static VECTORDB: Schema = Schema {
    fields: &[
        Field::new("dimensions", INTEGER).required(),
        Field::new("distance_metric", Is::Choice(&["cosine", "euclidean"])).required(),
        Field::new("pgvector", Is::Object(&VECTORDB_PGVECTOR)),
        Field::new("redis", Is::Object(&REDIS_EE)),
        Field::new("strategy", Is::Choice(&["pgvector", "redis"])).required(),
        Field::new("threshold", Is::Number),
    ],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_AUTH: Schema = Schema {
    fields: &[
        Field::new("allow_override", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("aws_access_key_id", TEXT),
        Field::new("aws_secret_access_key", TEXT),
        Field::new("azure_client_id", TEXT),
        Field::new("azure_client_secret", TEXT),
        Field::new("azure_tenant_id", TEXT),
        Field::new("azure_use_managed_identity", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("gcp_metadata_url", TEXT),
        Field::new("gcp_oauth_token_url", TEXT),
        Field::new("gcp_service_account_json", TEXT),
        Field::new("gcp_use_service_account", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("header_name", TEXT),
        Field::new("header_value", TEXT),
        Field::new("param_location", Is::Choice(&["body", "query"])),
        Field::new("param_name", TEXT),
        Field::new("param_value", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL_OPTIONS_AZURE: Schema = Schema {
    fields: &[
        Field::new("api_version", TEXT).or(Initial::Text("2023-05-15")),
        Field::new("deployment_id", TEXT),
        Field::new("instance", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL_OPTIONS_BEDROCK: Schema = Schema {
    fields: &[
        Field::new("aws_assume_role_arn", TEXT),
        Field::new("aws_region", TEXT),
        Field::new("aws_role_session_name", TEXT),
        Field::new("aws_sts_endpoint_url", TEXT),
        Field::new("batch_bucket_prefix", TEXT),
        Field::new("batch_role_arn", TEXT),
        Field::new("embeddings_normalize", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("performance_config_latency", TEXT),
        Field::new("video_output_s3_uri", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL_OPTIONS_GEMINI: Schema = Schema {
    fields: &[Field::new("api_endpoint", TEXT), Field::new("location_id", TEXT), Field::new("project_id", TEXT)],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL_OPTIONS_HUGGINGFACE: Schema = Schema {
    fields: &[Field::new("use_cache", Is::Boolean), Field::new("wait_for_model", Is::Boolean)],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL_OPTIONS: Schema = Schema {
    fields: &[
        Field::new("azure", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_AZURE)),
        Field::new("bedrock", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_BEDROCK)),
        Field::new("gemini", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_GEMINI)),
        Field::new("huggingface", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_HUGGINGFACE)),
        Field::new("upstream_url", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static EMBEDDINGS_MODEL: Schema = Schema {
    fields: &[
        Field::new("name", TEXT).required(),
        Field::new("options", Is::Object(&EMBEDDINGS_MODEL_OPTIONS)),
        Field::new(
            "provider",
            Is::Choice(&["azure", "bedrock", "gemini", "huggingface", "mistral", "ollama", "openai"]),
        )
        .required(),
    ],
    unknown: Unknown::Ignored,
};

/// A model that makes embeddings.
pub(super) static EMBEDDINGS: Schema = Schema {
    fields: &[
        Field::new("auth", Is::Object(&EMBEDDINGS_AUTH)),
        Field::new("model", Is::Object(&EMBEDDINGS_MODEL)).required(),
    ],
    unknown: Unknown::Ignored,
};

static MODEL_LOGGING: Schema = Schema {
    fields: &[
        Field::new("log_payloads", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("log_statistics", Is::Boolean).or(Initial::Boolean(false)),
    ],
    unknown: Unknown::Ignored,
};

static MODEL_MODEL_OPTIONS_COHERE: Schema = Schema {
    fields: &[
        Field::new(
            "embedding_input_type",
            Is::Choice(&["classification", "clustering", "image", "search_document", "search_query"]),
        )
        .or(Initial::Text("classification")),
        Field::new("wait_for_model", Is::Boolean),
    ],
    unknown: Unknown::Ignored,
};

static MODEL_MODEL_OPTIONS_DASHSCOPE: Schema = Schema {
    fields: &[Field::new("international", Is::Boolean).or(Initial::Boolean(true))],
    unknown: Unknown::Ignored,
};

static MODEL_MODEL_OPTIONS_DATABRICKS: Schema =
    Schema { fields: &[Field::new("workspace_instance_id", TEXT)], unknown: Unknown::Ignored };

static MODEL_MODEL_OPTIONS_GEMINI: Schema = Schema {
    fields: &[
        Field::new("api_endpoint", TEXT),
        Field::new("endpoint_id", TEXT),
        Field::new("location_id", TEXT),
        Field::new("project_id", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static MODEL_MODEL_OPTIONS: Schema = Schema {
    fields: &[
        Field::new("anthropic_version", TEXT),
        Field::new("azure_api_version", TEXT).or(Initial::Text("2023-05-15")),
        Field::new("azure_deployment_id", TEXT),
        Field::new("azure_instance", TEXT),
        Field::new("bedrock", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_BEDROCK)),
        Field::new("cohere", Is::Object(&MODEL_MODEL_OPTIONS_COHERE)),
        Field::new("dashscope", Is::Object(&MODEL_MODEL_OPTIONS_DASHSCOPE)),
        Field::new("databricks", Is::Object(&MODEL_MODEL_OPTIONS_DATABRICKS)),
        Field::new("embeddings_dimensions", INTEGER),
        Field::new("gemini", Is::Object(&MODEL_MODEL_OPTIONS_GEMINI)),
        Field::new("huggingface", Is::Object(&EMBEDDINGS_MODEL_OPTIONS_HUGGINGFACE)),
        Field::new("input_cost", Is::Number),
        Field::new("llama2_format", Is::Choice(&["ollama", "openai", "raw"])),
        Field::new("max_tokens", INTEGER),
        Field::new("mistral_format", Is::Choice(&["ollama", "openai"])),
        Field::new("output_cost", Is::Number),
        Field::new("temperature", Is::Decimal(0, 5)),
        Field::new("top_k", Is::Integer(0, 500)),
        Field::new("top_p", Is::Decimal(0, 1)),
        Field::new("upstream_path", TEXT),
        Field::new("upstream_url", TEXT),
    ],
    unknown: Unknown::Ignored,
};

static MODEL_MODEL: Schema = Schema {
    fields: &[
        Field::new("model_alias", TEXT),
        Field::new("name", TEXT),
        Field::new("options", Is::Object(&MODEL_MODEL_OPTIONS)),
        Field::new(
            "provider",
            Is::Choice(&[
                "anthropic",
                "azure",
                "bedrock",
                "cerebras",
                "cohere",
                "dashscope",
                "databricks",
                "deepseek",
                "gemini",
                "huggingface",
                "llama2",
                "mistral",
                "ollama",
                "openai",
                "vllm",
                "xai",
            ]),
        )
        .required(),
    ],
    unknown: Unknown::Ignored,
};

/// A language model.
pub(super) static MODEL: Schema = Schema {
    fields: &[
        Field::new("auth", Is::Object(&EMBEDDINGS_AUTH)),
        Field::new("description", TEXT),
        Field::new("logging", Is::Object(&MODEL_LOGGING)),
        Field::new("metadata", Is::Object(&Schema::FREE)).nullable(),
        Field::new("model", Is::Object(&MODEL_MODEL)).required(),
        Field::new(
            "route_type",
            Is::Choice(&[
                "audio/v1/audio/speech",
                "audio/v1/audio/transcriptions",
                "audio/v1/audio/translations",
                "image/v1/images/edits",
                "image/v1/images/generations",
                "llm/v1/assistants",
                "llm/v1/batches",
                "llm/v1/chat",
                "llm/v1/completions",
                "llm/v1/embeddings",
                "llm/v1/files",
                "llm/v1/responses",
                "preserve",
                "realtime/v1/realtime",
                "video/v1/videos/generations",
            ]),
        )
        .required(),
        Field::new("weight", Is::Integer(1, 65_535)).or(Initial::Integer(100)),
    ],
    unknown: Unknown::Ignored,
};
