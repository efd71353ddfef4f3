/// The description of the admin API in OpenAPI 3.1: what is served by this version, and nothing else.
package enum OpenAPIDocument {
    /// The document, in JSON.
    package static let text = """
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Turnpike admin API",
            "version": "1",
            "description": "Served on the admin port. Every path under /admin needs a key with the role admin.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
          },
          "servers": [ { "url": "/" } ],
          "security": [ { "bearer": [] }, { "header": [] } ],
          "tags": [
            { "name": "keys", "description": "The keys clients present." },
            { "name": "operations", "description": "What watches the process." }
          ],
          "paths": {
            "/healthz": {
              "get": {
                "operationId": "health", "tags": [ "operations" ], "summary": "Whether the process lives.",
                "security": [],
                "responses": { "200": { "description": "It lives.", \(Self.content("Status")) } }
              }
            },
            "/readyz": {
              "get": {
                "operationId": "readiness", "tags": [ "operations" ], "summary": "Whether the node takes requests.",
                "security": [],
                "responses": {
                  "200": { "description": "It does.", \(Self.content("Status")) },
                  "503": { "description": "It starts or drains.", \(Self.content("Status")) }
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "metrics", "tags": [ "operations" ],
                "summary": "Metrics in Prometheus's text format; needs no key from the same machine.",
                "security": [ {}, { "bearer": [] }, { "header": [] } ],
                "responses": {
                  "200": { "description": "The metrics.", "content": { "text/plain": { "schema": { "type": "string" } } } },
                  \(Self.denied)
                }
              }
            },
            "/admin/openapi.json": {
              "get": {
                "operationId": "describe", "tags": [ "operations" ], "summary": "This document.",
                "responses": {
                  "200": {
                    "description": "The document.", "content": { "application/json": { "schema": { "type": "object" } } }
                  },
                  \(Self.denied)
                }
              }
            },
            "/admin/v1/keys": {
              "post": {
                "operationId": "createKey", "tags": [ "keys" ],
                "summary": "Makes a key. The answer is the only one that shows it.",
                "requestBody": { "required": true, \(Self.content("NewKey")) },
                "responses": {
                  "201": { "description": "The key was made.", \(Self.content("MadeKey")) },
                  "400": { "$ref": "#/components/responses/Error" },
                  "408": { "$ref": "#/components/responses/Error" },
                  "409": { "$ref": "#/components/responses/Error" },
                  "413": { "$ref": "#/components/responses/Error" },
                  \(Self.denied)
                }
              },
              "get": {
                "operationId": "listKeys", "tags": [ "keys" ],
                "summary": "Lists keys, the newest first, revoked ones included.",
                "parameters": [
                  {
                    "name": "limit", "in": "query", "description": "The most keys in the answer.",
                    "schema": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }
                  },
                  {
                    "name": "cursor", "in": "query", "description": "The next_cursor of the page before.",
                    "schema": { "type": "string", "pattern": "^key_[0-9A-Z]{26}$" }
                  }
                ],
                "responses": {
                  "200": { "description": "One page.", \(Self.content("Keys")) },
                  "400": { "$ref": "#/components/responses/Error" },
                  \(Self.denied)
                }
              }
            },
            "/admin/v1/keys/{id}": {
              "parameters": [ { "$ref": "#/components/parameters/KeyID" } ],
              "get": {
                "operationId": "showKey", "tags": [ "keys" ], "summary": "Shows what is known of a key.",
                "responses": {
                  "200": { "description": "The key.", \(Self.content("Key")) },
                  "404": { "$ref": "#/components/responses/Error" },
                  \(Self.denied)
                }
              },
              "delete": {
                "operationId": "revokeKey", "tags": [ "keys" ],
                "summary": "Revokes a key: requests with it are refused from now on. It stays in the list.",
                "responses": {
                  "204": { "description": "The key is revoked." },
                  "404": { "$ref": "#/components/responses/Error" },
                  \(Self.denied)
                }
              }
            },
            "/admin/v1/keys/{id}/rotate": {
              "parameters": [ { "$ref": "#/components/parameters/KeyID" } ],
              "post": {
                "operationId": "rotateKey", "tags": [ "keys" ],
                "summary": "Gives a key a new secret (and a new AWS pair where it has one) and shows it; the old one is refused from now on.",
                "responses": {
                  "200": { "description": "The key with its new secret.", \(Self.content("MadeKey")) },
                  "404": { "$ref": "#/components/responses/Error" },
                  "409": { "$ref": "#/components/responses/Error" },
                  \(Self.denied)
                }
              }
            }
          },
          "components": {
            "securitySchemes": {
              "bearer": { "type": "http", "scheme": "bearer" },
              "header": { "type": "apiKey", "in": "header", "name": "x-api-key" }
            },
            "parameters": {
              "KeyID": {
                "name": "id", "in": "path", "required": true, "description": "The identifier of a key.",
                "schema": { "type": "string", "minLength": 1 }
              }
            },
            "responses": { "Error": { "description": "What is wrong and what to do.", \(Self.content("Error")) } },
            "schemas": {
              "Status": {
                "type": "object", "required": [ "status" ],
                "properties": { "status": { "type": "string" }, "reason": { "type": "string" } }
              },
              "Error": {
                "type": "object", "required": [ "error" ],
                "properties": {
                  "error": {
                    "type": "object", "required": [ "message", "type", "param", "code" ],
                    "properties": {
                      "message": { "type": "string" },
                      "type": { "type": "string" },
                      "param": { "type": [ "string", "null" ], "description": "The field at fault." },
                      "code": { "type": "string" }
                    }
                  }
                }
              },
              "Role": { "type": "string", "enum": [ "client", "viewer", "account-admin", "admin" ] },
              "NewKey": {
                "type": "object", "required": [ "name" ], "additionalProperties": false,
                "properties": {
                  "name": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\\\u0000-\\\\u001F\\\\u007F-\\\\u009F]+$" },
                  "account": {
                    "type": [ "string", "null" ], "default": "default", "description": "A path such as acme/research.",
                    "pattern": "^[A-Za-z0-9._-]{1,64}(/[A-Za-z0-9._-]{1,64}){0,7}$"
                  },
                  "role": { "anyOf": [ { "$ref": "#/components/schemas/Role" }, { "type": "null" } ], "default": "client" },
                  "routes": {
                    "type": [ "array", "null" ], "maxItems": 256,
                    "items": { "type": "string", "minLength": 1, "maxLength": 256 },
                    "description": "The routes the key may ask for; every route where it is left out."
                  },
                  "expires": {
                    "type": [ "string", "integer", "null" ],
                    "description": "A moment (RFC 3339), a time from now (30d), or seconds since the Unix epoch."
                  },
                  "aws": {
                    "type": [ "boolean", "null" ], "default": false,
                    "description": "Whether the key gets an AWS pair, which Bedrock clients sign with (Signature Version 4)."
                  }
                }
              },
              "Key": { "type": "object", \(Self.keyRequired()), "properties": { \(Self.keyProperties) } },
              "MadeKey": {
                "type": "object", \(Self.keyRequired("key")),
                "properties": {
                  "key": { "type": "string", "pattern": "^tp-[A-Za-z0-9_-]{43}$", "description": "Shown this once." },
                  "aws_secret_access_key": {
                    "type": "string", "pattern": "^[A-Za-z0-9]{40}$",
                    "description": "Shown this once, for a key with an AWS pair."
                  },
                  \(Self.keyProperties)
                }
              },
              "Keys": {
                "type": "object", "required": [ "data", "next_cursor" ],
                "properties": {
                  "data": { "type": "array", "items": { "$ref": "#/components/schemas/Key" } },
                  "next_cursor": { "type": [ "string", "null" ] }
                }
              }
            }
          }
        }
        """

    private static func content(_ schema: String) -> String {
        "\"content\": { \"application/json\": { \"schema\": { \"$ref\": \"#/components/schemas/\(schema)\" } } }"
    }

    private static let denied = """
        "401": { "$ref": "#/components/responses/Error" }, "403": { "$ref": "#/components/responses/Error" }, \
        "500": { "$ref": "#/components/responses/Error" }
        """

    private static func keyRequired(_ others: String...) -> String {
        let names = [
            "id", "name", "account", "role", "routes", "prefix", "status", "created", "expires", "revoked",
            "first_used", "aws_access_key_id",
        ]
        return "\"required\": [ \((others + names).map { "\"\($0)\"" }.joined(separator: ", ")) ]"
    }

    private static let keyProperties = """
        "id": { "type": "string" }, "name": { "type": "string" }, "account": { "type": "string" }, \
        "role": { "$ref": "#/components/schemas/Role" }, \
        "routes": { "type": [ "array", "null" ], "items": { "type": "string" } }, \
        "prefix": { "type": "string", "description": "The first characters of the key." }, \
        "status": { "type": "string", "enum": [ "active", "revoked", "expired" ] }, \
        "created": { "type": "string", "format": "date-time" }, \
        "expires": { "type": [ "string", "null" ], "format": "date-time" }, \
        "revoked": { "type": [ "string", "null" ], "format": "date-time" }, \
        "first_used": { "type": [ "string", "null" ], "format": "date-time" }, \
        "aws_access_key_id": { "type": [ "string", "null" ], "pattern": "^AKTP[A-Z2-7]{16}$" }
        """
}
