/// One step of the schema. Steps only go forward, are never changed once released, and are applied in order.
struct Migration: Sendable {
    /// The name the database remembers the step by.
    let name: String
    /// What the step does.
    let sql: String

    /// The schema of this build.
    static let all = [
        Migration(
            name: "0001-keys",
            sql: """
                CREATE TABLE keys (
                    id TEXT PRIMARY KEY NOT NULL,
                    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                    name TEXT NOT NULL,
                    account TEXT NOT NULL,
                    role TEXT NOT NULL,
                    routes TEXT,
                    expires INTEGER,
                    created INTEGER NOT NULL,
                    prefix TEXT NOT NULL,
                    revoked INTEGER,
                    first_used INTEGER,
                    origin TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE settings (
                    name TEXT PRIMARY KEY NOT NULL,
                    value BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        ),
        Migration(
            name: "0002-aws-pairs",
            sql: """
                ALTER TABLE keys ADD COLUMN aws_access_key_id TEXT;
                ALTER TABLE keys ADD COLUMN aws_secret_sealed BLOB
                    CHECK ((aws_secret_sealed IS NULL) = (aws_access_key_id IS NULL));
                CREATE UNIQUE INDEX keys_by_aws_access_key_id ON keys (aws_access_key_id)
                    WHERE aws_access_key_id IS NOT NULL;
                """
        ),
    ]
}
