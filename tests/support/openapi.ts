/** Makes the OpenAPI document of the relay from the schemas that check its requests. */
import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { OPERATIONS, type Content, type Operation } from '../../relay-server/http/operations.ts'
import { UPLOAD_TOKEN_HEADER } from '../../src/protocol/blobs.ts'
import { KEY_HEADER, RELAY_ERROR_CODES, RelayErrorSchema } from '../../src/protocol/relay-api.ts'

type Json = Readonly<Record<string, unknown>>

/** A valibot schema as JSON Schema. Checks that JSON Schema cannot say (bytes of a base64url text) are left out; lengths stay. */
export const jsonSchemaOf = (schema: GenericSchema): Json => {
  const { $schema: _dialect, ...rest } = toJsonSchema(schema, {
    errorMode: 'ignore',
    target: 'draft-2020-12',
  })
  return rest
}

const contentOf = (content: Content): Json => {
  switch (content.kind) {
    case 'json':
      return { 'application/json': { schema: { $ref: `#/components/schemas/${content.name}` } } }
    case 'protobuf':
      return {
        'application/x-protobuf': { schema: { type: 'string', format: 'binary', title: content.message } },
      }
    case 'sealed':
      return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    case 'document':
      return { 'application/json': { schema: { type: 'object' } } }
  }
}

const SECURITY = {
  none: [],
  signed: [{ signature: [], signatureInput: [], contentDigest: [] }],
  keyed: [{ key: [] }],
  upload: [{ uploadToken: [] }],
} as const

const operationOf = (operation: Operation): Json => {
  const parameters = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 128 },
  }))
  const answers = Object.entries(operation.answers).map(([status, content]) => [
    status,
    {
      description: status === '409' ? 'there is a newer one' : 'done',
      ...(content && { content: contentOf(content) }),
    },
  ])
  return {
    summary: operation.summary,
    security: SECURITY[operation.credential],
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body && { requestBody: { required: true, content: contentOf(operation.body) } }),
    responses: {
      ...(Object.fromEntries(answers) as Json),
      default: { $ref: '#/components/responses/Refused' },
    },
  }
}

const schemasOf = (): Json => {
  const all: Record<string, Json> = { Error: jsonSchemaOf(RelayErrorSchema) }
  for (const { body, answers } of OPERATIONS)
    for (const content of [body, ...Object.values(answers)])
      if (content?.kind === 'json') all[content.name] = jsonSchemaOf(content.schema)
  return all
}

const header = (name: string, description: string): Json => ({
  type: 'apiKey',
  in: 'header',
  name,
  description,
})

/** The document, version 3.1. */
export const openApi = (): Json => {
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method]: operationOf(operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MePassa relay',
      version: '1',
      description:
        'Mailboxes, prekeys, sealed device lists and endpoints. Protobuf messages are those of src/protocol/proto; docs/API.md tours the API with curl.',
      license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
    },
    paths,
    components: {
      schemas: schemasOf(),
      responses: {
        Refused: {
          description: `Not done, and why: ${RELAY_ERROR_CODES.join(', ')}. 429 and 503 name a time in Retry-After.`,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
      securitySchemes: {
        signature: header(
          'signature',
          'HTTP Message Signature (RFC 9421), Ed25519, by the request key of the device'
        ),
        signatureInput: header(
          'signature-input',
          '"@method" "@authority" "@path" "@query" "content-digest" with created, nonce, keyid (<account>.<device>) and alg'
        ),
        contentDigest: header('content-digest', 'sha-256 of the body (RFC 9530)'),
        uploadToken: header(UPLOAD_TOKEN_HEADER, 'A token whose hash the relay has: 32 bytes, base64url'),
        key: header(KEY_HEADER, 'A delivery or request key of the recipient: 32 bytes, base64url'),
      },
    },
  }
}
