// swift-format-ignore-file
/// The OpenAPI 3.1 description of the public contract: a copy of `docs/api/openapi.json`, which a test holds equal.
enum OpenAPIDocument {
    static let text = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Tollgate",
            "version": "1.0.0",
            "summary": "Sign up, hold money, pay each other.",
            "license": {
              "name": "Apache-2.0",
              "identifier": "Apache-2.0"
            }
          },
          "servers": [
            {
              "url": "/",
              "description": "The gateway that serves this document."
            }
          ],
          "tags": [
            {
              "name": "users",
              "description": "Who somebody is."
            },
            {
              "name": "sessions",
              "description": "Logging in and out, tokens."
            },
            {
              "name": "accounts",
              "description": "Where money is held."
            },
            {
              "name": "deposits",
              "description": "Money from outside."
            },
            {
              "name": "payments",
              "description": "Money from account to account."
            },
            {
              "name": "overview",
              "description": "Several answers in one."
            },
            {
              "name": "meta",
              "description": "About this interface."
            }
          ],
          "paths": {
            "/api/v1/users": {
              "post": {
                "operationId": "sign-up",
                "tags": [
                  "users"
                ],
                "summary": "Sign up",
                "description": "The e-mail is compared in lower case. A taken one is 409 `email_taken`.",
                "security": [],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/SignUp"
                      },
                      "example": {
                        "email": "ada@example.com",
                        "password": "correct horse battery",
                        "name": "Ada"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "The new user.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "ETag": {
                        "$ref": "#/components/headers/ETag"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/User"
                        },
                        "example": {
                          "id": "usr_01h455vb4pex5vsknk084sn02q",
                          "email": "ada@example.com",
                          "name": "Ada",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "409": {
                    "$ref": "#/components/responses/Conflict"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/sessions": {
              "post": {
                "operationId": "log-in",
                "tags": [
                  "sessions"
                ],
                "summary": "Log in",
                "description": "A wrong password and an unknown e-mail get the same answer, 401 `invalid_credentials`.",
                "security": [],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/LogIn"
                      },
                      "example": {
                        "email": "ada@example.com",
                        "password": "correct horse battery"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "A session's tokens.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Tokens"
                        },
                        "example": {
                          "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln",
                          "refresh_token": "tgr_3q2-7w",
                          "token_type": "Bearer",
                          "expires_in": 600
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/tokens/refresh": {
              "post": {
                "operationId": "refresh-token",
                "tags": [
                  "sessions"
                ],
                "summary": "Exchange a refresh token for new tokens",
                "description": "A refresh token is good once. Using an old one again ends the session.",
                "security": [],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/Refresh"
                      },
                      "example": {
                        "refresh_token": "tgr_3q2-7w"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "New tokens; the refresh token that was sent is used up.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Tokens"
                        },
                        "example": {
                          "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln",
                          "refresh_token": "tgr_3q2-7w",
                          "token_type": "Bearer",
                          "expires_in": 600
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/sessions/current": {
              "delete": {
                "operationId": "log-out",
                "tags": [
                  "sessions"
                ],
                "summary": "Log out: end the session of this token",
                "security": [
                  {
                    "bearer": []
                  }
                ],
                "responses": {
                  "204": {
                    "description": "Done; no content.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/users/me": {
              "get": {
                "operationId": "read-profile",
                "tags": [
                  "users"
                ],
                "summary": "Read the own profile",
                "description": "Needs the scopes `users:read`.",
                "security": [
                  {
                    "bearer": [
                      "users:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/IfNoneMatch"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The user.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "ETag": {
                        "$ref": "#/components/headers/ETag"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/User"
                        },
                        "example": {
                          "id": "usr_01h455vb4pex5vsknk084sn02q",
                          "email": "ada@example.com",
                          "name": "Ada",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "304": {
                    "$ref": "#/components/responses/NotModified"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              },
              "patch": {
                "operationId": "edit-profile",
                "tags": [
                  "users"
                ],
                "summary": "Change the own profile",
                "description": "Needs the scopes `users:write`.",
                "security": [
                  {
                    "bearer": [
                      "users:write"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/IfMatch"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/EditUser"
                      },
                      "example": {
                        "name": "Ada L."
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The changed user.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "ETag": {
                        "$ref": "#/components/headers/ETag"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/User"
                        },
                        "example": {
                          "id": "usr_01h455vb4pex5vsknk084sn02q",
                          "email": "ada@example.com",
                          "name": "Ada",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "412": {
                    "$ref": "#/components/responses/PreconditionFailed"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/.well-known/jwks.json": {
              "get": {
                "operationId": "token-keys",
                "tags": [
                  "sessions"
                ],
                "summary": "The keys that access tokens are signed with (RFC 7517)",
                "security": [],
                "responses": {
                  "200": {
                    "description": "A JWK Set.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/KeySet"
                        },
                        "example": {
                          "keys": [
                            {
                              "kty": "EC",
                              "crv": "P-256",
                              "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                              "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                              "kid": "S6mY",
                              "use": "sig",
                              "alg": "ES256"
                            }
                          ]
                        }
                      }
                    }
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/accounts": {
              "post": {
                "operationId": "open-account",
                "tags": [
                  "accounts"
                ],
                "summary": "Open an account",
                "description": "Needs the scopes `accounts:write`.",
                "security": [
                  {
                    "bearer": [
                      "accounts:write"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/OptionalIdempotencyKey"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/OpenAccount"
                      },
                      "example": {
                        "currency": "USD"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "The new account.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Idempotent-Replayed": {
                        "$ref": "#/components/headers/IdempotentReplayed"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Account"
                        },
                        "example": {
                          "id": "acct_01h455vb4pex5vsknk084sn02q",
                          "currency": "USD",
                          "balance": {
                            "posted": 10000,
                            "pending": 0,
                            "available": 10000
                          },
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "409": {
                    "$ref": "#/components/responses/Conflict"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              },
              "get": {
                "operationId": "list-accounts",
                "tags": [
                  "accounts"
                ],
                "summary": "List the own accounts, newest first",
                "description": "Needs the scopes `accounts:read`.",
                "security": [
                  {
                    "bearer": [
                      "accounts:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Limit"
                  },
                  {
                    "$ref": "#/components/parameters/Cursor"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "A page of accounts.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/AccountPage"
                        },
                        "example": {
                          "data": [
                            {
                              "id": "acct_01h455vb4pex5vsknk084sn02q",
                              "currency": "USD",
                              "balance": {
                                "posted": 10000,
                                "pending": 0,
                                "available": 10000
                              },
                              "created_at": "2026-01-15T09:30:00.000Z"
                            }
                          ],
                          "next_cursor": null
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/accounts/{id}": {
              "get": {
                "operationId": "read-account",
                "tags": [
                  "accounts"
                ],
                "summary": "Read an account",
                "description": "Another user's account is 404, like one that does not exist. Needs the scopes `accounts:read`.",
                "security": [
                  {
                    "bearer": [
                      "accounts:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Id"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The account.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Account"
                        },
                        "example": {
                          "id": "acct_01h455vb4pex5vsknk084sn02q",
                          "currency": "USD",
                          "balance": {
                            "posted": 10000,
                            "pending": 0,
                            "available": 10000
                          },
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/accounts/{id}/entries": {
              "get": {
                "operationId": "list-entries",
                "tags": [
                  "accounts"
                ],
                "summary": "List an account's entries, newest first",
                "description": "Needs the scopes `accounts:read`.",
                "security": [
                  {
                    "bearer": [
                      "accounts:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Id"
                  },
                  {
                    "$ref": "#/components/parameters/Limit"
                  },
                  {
                    "$ref": "#/components/parameters/Cursor"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "A page of entries.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/EntryPage"
                        },
                        "example": {
                          "data": [
                            {
                              "sequence": 1,
                              "transfer": "trf_01h455vb4pex5vsknk084sn06v",
                              "amount": 10000,
                              "balance": 10000,
                              "created_at": "2026-01-15T09:30:00.000Z"
                            }
                          ],
                          "next_cursor": null
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/deposits": {
              "post": {
                "operationId": "deposit",
                "tags": [
                  "deposits"
                ],
                "summary": "Deposit from a card",
                "description": "The sandbox knows the cards `card_ok`, `card_declined` (402) and `card_slow` (202). Needs the scopes `payments:write`.",
                "security": [
                  {
                    "bearer": [
                      "payments:write"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/IdempotencyKey"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/NewDeposit"
                      },
                      "example": {
                        "account": "acct_01h455vb4pex5vsknk084sn02q",
                        "amount": 10000,
                        "source": "card_ok"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "The money is there.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Idempotent-Replayed": {
                        "$ref": "#/components/headers/IdempotentReplayed"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deposit"
                        },
                        "example": {
                          "id": "dep_01h455vb4pex5vsknk084sn05t",
                          "status": "succeeded",
                          "account": "acct_01h455vb4pex5vsknk084sn02q",
                          "amount": 10000,
                          "currency": "USD",
                          "source": "card_ok",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "202": {
                    "description": "The card has not answered yet: ask for the deposit later.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Idempotent-Replayed": {
                        "$ref": "#/components/headers/IdempotentReplayed"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deposit"
                        },
                        "example": {
                          "id": "dep_01h455vb4pex5vsknk084sn05t",
                          "status": "processing",
                          "account": "acct_01h455vb4pex5vsknk084sn02q",
                          "amount": 10000,
                          "currency": "USD",
                          "source": "card_slow",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "402": {
                    "$ref": "#/components/responses/PaymentRequired"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "409": {
                    "$ref": "#/components/responses/Conflict"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/deposits/{id}": {
              "get": {
                "operationId": "read-deposit",
                "tags": [
                  "deposits"
                ],
                "summary": "Read a deposit",
                "description": "Needs the scopes `payments:read`.",
                "security": [
                  {
                    "bearer": [
                      "payments:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Id"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The deposit.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deposit"
                        },
                        "example": {
                          "id": "dep_01h455vb4pex5vsknk084sn05t",
                          "status": "succeeded",
                          "account": "acct_01h455vb4pex5vsknk084sn02q",
                          "amount": 10000,
                          "currency": "USD",
                          "source": "card_ok",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/payments": {
              "post": {
                "operationId": "pay",
                "tags": [
                  "payments"
                ],
                "summary": "Pay another account",
                "description": "The payee is an account, a user or an e-mail address; of a user, the first account of the currency receives. Repeating a request with its key returns the stored answer with `Idempotent-Replayed: true`. Needs the scopes `payments:write`.",
                "security": [
                  {
                    "bearer": [
                      "payments:write"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/IdempotencyKey"
                  }
                ],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/NewPayment"
                      },
                      "example": {
                        "source": "acct_01h455vb4pex5vsknk084sn02q",
                        "destination": {
                          "email": "bob@example.com"
                        },
                        "amount": 2500,
                        "currency": "USD",
                        "description": "Lunch"
                      }
                    }
                  }
                },
                "responses": {
                  "201": {
                    "description": "The payment.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "Location": {
                        "$ref": "#/components/headers/Location"
                      },
                      "Idempotent-Replayed": {
                        "$ref": "#/components/headers/IdempotentReplayed"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Payment"
                        },
                        "example": {
                          "id": "pay_01h455vb4pex5vsknk084sn04s",
                          "status": "succeeded",
                          "source": "acct_01h455vb4pex5vsknk084sn02q",
                          "destination": {
                            "account": "acct_01h455vb4pex5vsknk084sn03r"
                          },
                          "amount": 2500,
                          "currency": "USD",
                          "description": "Lunch",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "413": {
                    "$ref": "#/components/responses/ContentTooLarge"
                  },
                  "415": {
                    "$ref": "#/components/responses/UnsupportedMediaType"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "402": {
                    "$ref": "#/components/responses/PaymentRequired"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "409": {
                    "$ref": "#/components/responses/Conflict"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              },
              "get": {
                "operationId": "list-payments",
                "tags": [
                  "payments"
                ],
                "summary": "List the own payments, newest first",
                "description": "Needs the scopes `payments:read`.",
                "security": [
                  {
                    "bearer": [
                      "payments:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Limit"
                  },
                  {
                    "$ref": "#/components/parameters/Cursor"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "A page of payments.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/PaymentPage"
                        },
                        "example": {
                          "data": [
                            {
                              "id": "pay_01h455vb4pex5vsknk084sn04s",
                              "status": "succeeded",
                              "source": "acct_01h455vb4pex5vsknk084sn02q",
                              "destination": {
                                "account": "acct_01h455vb4pex5vsknk084sn03r"
                              },
                              "amount": 2500,
                              "currency": "USD",
                              "description": "Lunch",
                              "created_at": "2026-01-15T09:30:00.000Z"
                            }
                          ],
                          "next_cursor": null
                        }
                      }
                    }
                  },
                  "400": {
                    "$ref": "#/components/responses/BadRequest"
                  },
                  "422": {
                    "$ref": "#/components/responses/Unprocessable"
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/payments/{id}": {
              "get": {
                "operationId": "read-payment",
                "tags": [
                  "payments"
                ],
                "summary": "Read a payment",
                "description": "Needs the scopes `payments:read`.",
                "security": [
                  {
                    "bearer": [
                      "payments:read"
                    ]
                  }
                ],
                "parameters": [
                  {
                    "$ref": "#/components/parameters/Id"
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The payment.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Payment"
                        },
                        "example": {
                          "id": "pay_01h455vb4pex5vsknk084sn04s",
                          "status": "succeeded",
                          "source": "acct_01h455vb4pex5vsknk084sn02q",
                          "destination": {
                            "account": "acct_01h455vb4pex5vsknk084sn03r"
                          },
                          "amount": 2500,
                          "currency": "USD",
                          "description": "Lunch",
                          "created_at": "2026-01-15T09:30:00.000Z"
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "404": {
                    "$ref": "#/components/responses/NotFound"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/overview": {
              "get": {
                "operationId": "overview",
                "tags": [
                  "overview"
                ],
                "summary": "Profile, accounts and recent payments at once",
                "description": "The profile is required, the other parts are optional. Needs the scopes `users:read accounts:read payments:read`.",
                "security": [
                  {
                    "bearer": [
                      "users:read",
                      "accounts:read",
                      "payments:read"
                    ]
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The overview. A part that could not be had is `null` and named in `missing`.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      },
                      "Tollgate-Completeness": {
                        "$ref": "#/components/headers/Completeness"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Overview"
                        },
                        "example": {
                          "profile": {
                            "id": "usr_01h455vb4pex5vsknk084sn02q",
                            "email": "ada@example.com",
                            "name": "Ada",
                            "created_at": "2026-01-15T09:30:00.000Z"
                          },
                          "accounts": [
                            {
                              "id": "acct_01h455vb4pex5vsknk084sn02q",
                              "currency": "USD",
                              "balance": {
                                "posted": 10000,
                                "pending": 0,
                                "available": 10000
                              },
                              "created_at": "2026-01-15T09:30:00.000Z"
                            }
                          ],
                          "recent_payments": [
                            {
                              "id": "pay_01h455vb4pex5vsknk084sn04s",
                              "status": "succeeded",
                              "source": "acct_01h455vb4pex5vsknk084sn02q",
                              "destination": {
                                "account": "acct_01h455vb4pex5vsknk084sn03r"
                              },
                              "amount": 2500,
                              "currency": "USD",
                              "description": "Lunch",
                              "created_at": "2026-01-15T09:30:00.000Z"
                            }
                          ],
                          "missing": []
                        }
                      }
                    }
                  },
                  "401": {
                    "$ref": "#/components/responses/Unauthorized"
                  },
                  "403": {
                    "$ref": "#/components/responses/Forbidden"
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  },
                  "500": {
                    "$ref": "#/components/responses/InternalError"
                  },
                  "502": {
                    "$ref": "#/components/responses/BadGateway"
                  },
                  "503": {
                    "$ref": "#/components/responses/Unavailable"
                  },
                  "504": {
                    "$ref": "#/components/responses/GatewayTimeout"
                  }
                }
              }
            },
            "/api/v1/openapi.json": {
              "get": {
                "operationId": "openapi",
                "tags": [
                  "meta"
                ],
                "summary": "This document",
                "security": [],
                "responses": {
                  "200": {
                    "description": "OpenAPI 3.1.",
                    "headers": {
                      "X-Request-Id": {
                        "$ref": "#/components/headers/RequestId"
                      },
                      "RateLimit-Policy": {
                        "$ref": "#/components/headers/RateLimitPolicy"
                      },
                      "RateLimit": {
                        "$ref": "#/components/headers/RateLimit"
                      }
                    },
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object"
                        }
                      }
                    }
                  },
                  "429": {
                    "$ref": "#/components/responses/TooManyRequests"
                  }
                }
              }
            }
          },
          "components": {
            "schemas": {
              "SignUp": {
                "type": "object",
                "required": [
                  "email",
                  "password",
                  "name"
                ],
                "properties": {
                  "email": {
                    "type": "string",
                    "format": "email",
                    "minLength": 3,
                    "maxLength": 254
                  },
                  "password": {
                    "type": "string",
                    "format": "password",
                    "minLength": 8,
                    "maxLength": 256
                  },
                  "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 100
                  }
                },
                "additionalProperties": false
              },
              "LogIn": {
                "type": "object",
                "required": [
                  "email",
                  "password"
                ],
                "properties": {
                  "email": {
                    "type": "string",
                    "format": "email",
                    "minLength": 3,
                    "maxLength": 254
                  },
                  "password": {
                    "type": "string",
                    "format": "password"
                  }
                },
                "additionalProperties": false
              },
              "Refresh": {
                "type": "object",
                "required": [
                  "refresh_token"
                ],
                "properties": {
                  "refresh_token": {
                    "type": "string"
                  }
                },
                "additionalProperties": false
              },
              "EditUser": {
                "type": "object",
                "required": [],
                "properties": {
                  "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 100
                  }
                },
                "additionalProperties": false
              },
              "User": {
                "type": "object",
                "required": [
                  "id",
                  "email",
                  "name",
                  "created_at"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^usr_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "The user's id."
                  },
                  "email": {
                    "type": "string",
                    "format": "email",
                    "minLength": 3,
                    "maxLength": 254
                  },
                  "name": {
                    "type": "string"
                  },
                  "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 in UTC."
                  }
                }
              },
              "Tokens": {
                "type": "object",
                "required": [
                  "access_token",
                  "refresh_token",
                  "token_type",
                  "expires_in"
                ],
                "properties": {
                  "access_token": {
                    "type": "string",
                    "description": "A JWT (RFC 9068), for `Authorization: Bearer`."
                  },
                  "refresh_token": {
                    "type": "string",
                    "description": "Opaque; good once."
                  },
                  "token_type": {
                    "const": "Bearer"
                  },
                  "expires_in": {
                    "type": "integer",
                    "description": "Seconds."
                  }
                }
              },
              "KeySet": {
                "type": "object",
                "required": [
                  "keys"
                ],
                "properties": {
                  "keys": {
                    "type": "array",
                    "items": {
                      "type": "object",
                      "required": [
                        "kty",
                        "crv",
                        "x",
                        "y",
                        "kid",
                        "use",
                        "alg"
                      ],
                      "properties": {
                        "kty": {
                          "const": "EC"
                        },
                        "crv": {
                          "const": "P-256"
                        },
                        "x": {
                          "type": "string"
                        },
                        "y": {
                          "type": "string"
                        },
                        "kid": {
                          "type": "string"
                        },
                        "use": {
                          "const": "sig"
                        },
                        "alg": {
                          "const": "ES256"
                        }
                      }
                    }
                  }
                }
              },
              "OpenAccount": {
                "type": "object",
                "required": [
                  "currency"
                ],
                "properties": {
                  "currency": {
                    "type": "string",
                    "pattern": "^[A-Z]{3}$",
                    "description": "ISO 4217."
                  }
                },
                "additionalProperties": false
              },
              "Balance": {
                "description": "Minor units.",
                "type": "object",
                "required": [
                  "posted",
                  "pending",
                  "available"
                ],
                "properties": {
                  "posted": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Arrived for good."
                  },
                  "pending": {
                    "type": "integer",
                    "format": "int64",
                    "description": "On its way, in (positive) or out (negative)."
                  },
                  "available": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Can be spent now."
                  }
                }
              },
              "Account": {
                "type": "object",
                "required": [
                  "id",
                  "currency",
                  "balance",
                  "created_at"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "The account's id."
                  },
                  "currency": {
                    "type": "string",
                    "pattern": "^[A-Z]{3}$",
                    "description": "ISO 4217."
                  },
                  "balance": {
                    "$ref": "#/components/schemas/Balance"
                  },
                  "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 in UTC."
                  }
                }
              },
              "AccountPage": {
                "type": "object",
                "required": [
                  "data",
                  "next_cursor"
                ],
                "properties": {
                  "data": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Account"
                    }
                  },
                  "next_cursor": {
                    "type": [
                      "string",
                      "null"
                    ],
                    "description": "For `cursor`; null on the last page."
                  }
                }
              },
              "Entry": {
                "type": "object",
                "required": [
                  "sequence",
                  "transfer",
                  "amount",
                  "balance",
                  "created_at"
                ],
                "properties": {
                  "sequence": {
                    "type": "integer",
                    "description": "Rises with each entry of the account."
                  },
                  "transfer": {
                    "type": "string",
                    "description": "The transfer it belongs to."
                  },
                  "amount": {
                    "type": "integer",
                    "format": "int64",
                    "description": "In (positive) or out (negative)."
                  },
                  "balance": {
                    "type": "integer",
                    "format": "int64",
                    "description": "The posted balance after it."
                  },
                  "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 in UTC."
                  }
                }
              },
              "EntryPage": {
                "type": "object",
                "required": [
                  "data",
                  "next_cursor"
                ],
                "properties": {
                  "data": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Entry"
                    }
                  },
                  "next_cursor": {
                    "type": [
                      "string",
                      "null"
                    ],
                    "description": "For `cursor`; null on the last page."
                  }
                }
              },
              "NewDeposit": {
                "type": "object",
                "required": [
                  "account",
                  "amount",
                  "source"
                ],
                "properties": {
                  "account": {
                    "type": "string",
                    "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "Where the money goes."
                  },
                  "amount": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 1,
                    "maximum": 999999999999,
                    "description": "Minor units of the currency: 2500 is 25.00 USD."
                  },
                  "source": {
                    "enum": [
                      "card_ok",
                      "card_declined",
                      "card_slow"
                    ]
                  }
                },
                "additionalProperties": false
              },
              "Deposit": {
                "type": "object",
                "required": [
                  "id",
                  "status",
                  "account",
                  "amount",
                  "currency",
                  "source",
                  "created_at"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^dep_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "The deposit's id."
                  },
                  "status": {
                    "enum": [
                      "processing",
                      "succeeded",
                      "failed"
                    ]
                  },
                  "account": {
                    "type": "string",
                    "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "Where the money goes."
                  },
                  "amount": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 1,
                    "maximum": 999999999999,
                    "description": "Minor units of the currency: 2500 is 25.00 USD."
                  },
                  "currency": {
                    "type": "string",
                    "pattern": "^[A-Z]{3}$",
                    "description": "ISO 4217."
                  },
                  "source": {
                    "type": "string"
                  },
                  "failure": {
                    "type": "string",
                    "description": "Why it failed."
                  },
                  "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 in UTC."
                  }
                }
              },
              "NewPayment": {
                "type": "object",
                "required": [
                  "source",
                  "destination",
                  "amount",
                  "currency"
                ],
                "properties": {
                  "source": {
                    "type": "string",
                    "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "Who pays: an own account."
                  },
                  "destination": {
                    "description": "Exactly one of the members.",
                    "oneOf": [
                      {
                        "type": "object",
                        "required": [
                          "account"
                        ],
                        "properties": {
                          "account": {
                            "type": "string",
                            "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                            "description": "An account."
                          }
                        },
                        "additionalProperties": false
                      },
                      {
                        "type": "object",
                        "required": [
                          "user"
                        ],
                        "properties": {
                          "user": {
                            "type": "string",
                            "pattern": "^usr_[0-9a-hjkmnp-tv-z]{26}$",
                            "description": "A user."
                          }
                        },
                        "additionalProperties": false
                      },
                      {
                        "type": "object",
                        "required": [
                          "email"
                        ],
                        "properties": {
                          "email": {
                            "type": "string",
                            "format": "email",
                            "minLength": 3,
                            "maxLength": 254
                          }
                        },
                        "additionalProperties": false
                      }
                    ]
                  },
                  "amount": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 1,
                    "maximum": 999999999999,
                    "description": "Minor units of the currency: 2500 is 25.00 USD."
                  },
                  "currency": {
                    "type": "string",
                    "pattern": "^[A-Z]{3}$",
                    "description": "ISO 4217."
                  },
                  "description": {
                    "type": "string",
                    "maxLength": 500
                  }
                },
                "additionalProperties": false
              },
              "Payment": {
                "type": "object",
                "required": [
                  "id",
                  "status",
                  "source",
                  "destination",
                  "amount",
                  "currency",
                  "description",
                  "created_at"
                ],
                "properties": {
                  "id": {
                    "type": "string",
                    "pattern": "^pay_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "The payment's id."
                  },
                  "status": {
                    "enum": [
                      "succeeded"
                    ]
                  },
                  "source": {
                    "type": "string",
                    "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                    "description": "Who paid."
                  },
                  "destination": {
                    "type": "object",
                    "required": [
                      "account"
                    ],
                    "properties": {
                      "account": {
                        "type": "string",
                        "pattern": "^acct_[0-9a-hjkmnp-tv-z]{26}$",
                        "description": "Who was paid."
                      }
                    }
                  },
                  "amount": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 1,
                    "maximum": 999999999999,
                    "description": "Minor units of the currency: 2500 is 25.00 USD."
                  },
                  "currency": {
                    "type": "string",
                    "pattern": "^[A-Z]{3}$",
                    "description": "ISO 4217."
                  },
                  "description": {
                    "type": [
                      "string",
                      "null"
                    ]
                  },
                  "created_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "RFC 3339 in UTC."
                  }
                }
              },
              "PaymentPage": {
                "type": "object",
                "required": [
                  "data",
                  "next_cursor"
                ],
                "properties": {
                  "data": {
                    "type": "array",
                    "items": {
                      "$ref": "#/components/schemas/Payment"
                    }
                  },
                  "next_cursor": {
                    "type": [
                      "string",
                      "null"
                    ],
                    "description": "For `cursor`; null on the last page."
                  }
                }
              },
              "Overview": {
                "type": "object",
                "required": [
                  "profile",
                  "accounts",
                  "recent_payments",
                  "missing"
                ],
                "properties": {
                  "profile": {
                    "$ref": "#/components/schemas/User"
                  },
                  "accounts": {
                    "oneOf": [
                      {
                        "type": "array",
                        "items": {
                          "$ref": "#/components/schemas/Account"
                        },
                        "maxItems": 100
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "recent_payments": {
                    "oneOf": [
                      {
                        "type": "array",
                        "items": {
                          "$ref": "#/components/schemas/Payment"
                        },
                        "maxItems": 5
                      },
                      {
                        "type": "null"
                      }
                    ]
                  },
                  "missing": {
                    "type": "array",
                    "items": {
                      "enum": [
                        "accounts",
                        "recent_payments"
                      ]
                    }
                  }
                }
              },
              "Problem": {
                "description": "RFC 9457.",
                "type": "object",
                "required": [
                  "type",
                  "title",
                  "status",
                  "instance",
                  "trace_id",
                  "code"
                ],
                "properties": {
                  "type": {
                    "type": "string",
                    "description": "`urn:tollgate:problem:` and the code."
                  },
                  "title": {
                    "type": "string"
                  },
                  "status": {
                    "type": "integer"
                  },
                  "detail": {
                    "type": "string"
                  },
                  "instance": {
                    "type": "string",
                    "description": "The request id."
                  },
                  "trace_id": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{32}$"
                  },
                  "code": {
                    "type": "string",
                    "description": "A stable word in snake_case."
                  },
                  "errors": {
                    "type": "array",
                    "description": "What is wrong with the body.",
                    "items": {
                      "type": "object",
                      "required": [
                        "pointer",
                        "detail"
                      ],
                      "properties": {
                        "pointer": {
                          "type": "string",
                          "description": "JSON Pointer (RFC 6901)."
                        },
                        "detail": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "responses": {
              "BadRequest": {
                "description": "Not HTTP, not JSON, or without the `Idempotency-Key` that is needed.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:malformed_json",
                      "title": "Bad Request",
                      "status": 400,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "malformed_json"
                    }
                  }
                }
              },
              "Unauthorized": {
                "description": "No token, or one that is not valid; or wrong credentials.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "WWW-Authenticate": {
                    "$ref": "#/components/headers/WwwAuthenticate"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:invalid_token",
                      "title": "Unauthorized",
                      "status": 401,
                      "detail": "The bearer token is not valid.",
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "invalid_token"
                    }
                  }
                }
              },
              "PaymentRequired": {
                "description": "`insufficient_funds` or `card_declined`.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:insufficient_funds",
                      "title": "Payment Required",
                      "status": 402,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "insufficient_funds"
                    }
                  }
                }
              },
              "Forbidden": {
                "description": "The token lacks a scope.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "WWW-Authenticate": {
                    "$ref": "#/components/headers/WwwAuthenticate"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:insufficient_scope",
                      "title": "Forbidden",
                      "status": 403,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "insufficient_scope"
                    }
                  }
                }
              },
              "NotFound": {
                "description": "There is nothing there for this caller.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:not_found",
                      "title": "Not Found",
                      "status": 404,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "not_found"
                    }
                  }
                }
              },
              "Conflict": {
                "description": "`email_taken`, or the first request with this key is still under way (`idempotency_in_progress`).",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:idempotency_in_progress",
                      "title": "Conflict",
                      "status": 409,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "idempotency_in_progress"
                    }
                  }
                }
              },
              "PreconditionFailed": {
                "description": "It has changed since `If-Match`.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:precondition_failed",
                      "title": "Precondition Failed",
                      "status": 412,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "precondition_failed"
                    }
                  }
                }
              },
              "ContentTooLarge": {
                "description": "The body is too long.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:content_too_large",
                      "title": "Content Too Large",
                      "status": 413,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "content_too_large"
                    }
                  }
                }
              },
              "UnsupportedMediaType": {
                "description": "The body is not `application/json`.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:unsupported_media_type",
                      "title": "Unsupported Media Type",
                      "status": 415,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "unsupported_media_type"
                    }
                  }
                }
              },
              "Unprocessable": {
                "description": "The body breaks a rule, or the key belongs to another request (`idempotency_key_reused`).",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:validation_failed",
                      "title": "Unprocessable Content",
                      "status": 422,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "validation_failed",
                      "errors": [
                        {
                          "pointer": "/amount",
                          "detail": "must be at least 1"
                        }
                      ]
                    }
                  }
                }
              },
              "TooManyRequests": {
                "description": "A rate limit refused.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "Retry-After": {
                    "$ref": "#/components/headers/RetryAfter"
                  },
                  "RateLimit-Policy": {
                    "$ref": "#/components/headers/RateLimitPolicy"
                  },
                  "RateLimit": {
                    "$ref": "#/components/headers/RateLimit"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:rate_limited",
                      "title": "Too Many Requests",
                      "status": 429,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "rate_limited"
                    }
                  }
                }
              },
              "InternalError": {
                "description": "A fault of the service.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:internal_error",
                      "title": "Internal Server Error",
                      "status": 500,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "internal_error"
                    }
                  }
                }
              },
              "BadGateway": {
                "description": "A service behind the gateway broke off.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:bad_gateway",
                      "title": "Bad Gateway",
                      "status": 502,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "bad_gateway"
                    }
                  }
                }
              },
              "Unavailable": {
                "description": "A service behind the gateway is not there or has too much to do.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  },
                  "Retry-After": {
                    "$ref": "#/components/headers/RetryAfter"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:upstream_unavailable",
                      "title": "Service Unavailable",
                      "status": 503,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "upstream_unavailable"
                    }
                  }
                }
              },
              "GatewayTimeout": {
                "description": "A service behind the gateway did not answer in time.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                },
                "content": {
                  "application/problem+json": {
                    "schema": {
                      "$ref": "#/components/schemas/Problem"
                    },
                    "example": {
                      "type": "urn:tollgate:problem:gateway_timeout",
                      "title": "Gateway Timeout",
                      "status": 504,
                      "instance": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35",
                      "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                      "code": "gateway_timeout"
                    }
                  }
                }
              },
              "NotModified": {
                "description": "`If-None-Match` names the current version.",
                "headers": {
                  "X-Request-Id": {
                    "$ref": "#/components/headers/RequestId"
                  }
                }
              }
            },
            "headers": {
              "RequestId": {
                "description": "The request's id: the client's own, when it is 1 to 128 characters of A–Z a–z 0–9 . _ -, else a new one.",
                "schema": {
                  "type": "string"
                },
                "example": "7f3c9a52b1d04e6f8a2b6c1d9e0f4a35"
              },
              "RateLimitPolicy": {
                "description": "The limits that apply (draft-ietf-httpapi-ratelimit-headers-11): `q` requests in `w` seconds.",
                "schema": {
                  "type": "string"
                },
                "example": "\"per-address\";q=600;w=60, \"per-user\";q=300;w=60"
              },
              "RateLimit": {
                "description": "What is left of them: `r` requests, and the seconds `t` until more.",
                "schema": {
                  "type": "string"
                },
                "example": "\"per-address\";r=599;t=1, \"per-user\";r=299;t=1"
              },
              "RetryAfter": {
                "description": "Seconds.",
                "schema": {
                  "type": "integer"
                },
                "example": "1"
              },
              "WwwAuthenticate": {
                "description": "RFC 6750.",
                "schema": {
                  "type": "string"
                },
                "example": "Bearer realm=\"tollgate\", error=\"invalid_token\""
              },
              "Location": {
                "description": "The path of what was made.",
                "schema": {
                  "type": "string"
                },
                "example": "/api/v1/payments/pay_01h455vb4pex5vsknk084sn04s"
              },
              "IdempotentReplayed": {
                "description": "`true` when this is the stored answer to an earlier request with the same key.",
                "schema": {
                  "enum": [
                    "true"
                  ]
                }
              },
              "ETag": {
                "description": "The version, for `If-Match` and `If-None-Match`.",
                "schema": {
                  "type": "string"
                },
                "example": "\"1\""
              },
              "Completeness": {
                "description": "Whether every part is there.",
                "schema": {
                  "enum": [
                    "complete",
                    "partial"
                  ]
                },
                "example": "complete"
              }
            },
            "parameters": {
              "Id": {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The id.",
                "schema": {
                  "type": "string"
                }
              },
              "Limit": {
                "name": "limit",
                "in": "query",
                "required": false,
                "description": "How many, at most.",
                "schema": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 100,
                  "default": 20
                }
              },
              "Cursor": {
                "name": "cursor",
                "in": "query",
                "required": false,
                "description": "`next_cursor` of the page before; opaque.",
                "schema": {
                  "type": "string"
                }
              },
              "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "required": true,
                "description": "Makes the request safe to repeat; bare or quoted. Kept for at least 24 hours.",
                "schema": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 255
                }
              },
              "OptionalIdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "required": false,
                "description": "Makes the request safe to repeat; bare or quoted.",
                "schema": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 255
                }
              },
              "IfMatch": {
                "name": "If-Match",
                "in": "header",
                "required": false,
                "description": "Change only this version.",
                "schema": {
                  "type": "string"
                }
              },
              "IfNoneMatch": {
                "name": "If-None-Match",
                "in": "header",
                "required": false,
                "description": "Answer 304 when this is the current version.",
                "schema": {
                  "type": "string"
                }
              }
            },
            "securitySchemes": {
              "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT"
              }
            }
          }
        }

        """#
}
