import { z } from 'zod'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface ResponseObject {
  readonly headers?: Record<string, unknown>
  readonly content?: Record<string, { readonly schema?: object }>
}

/** An OpenAPI 3.1 document, to check answers against. */
export class OpenApi {
  readonly #document: Record<string, unknown>

  constructor(document: object) {
    this.#document = JSON.parse(JSON.stringify(document)) as Record<string, unknown>
  }

  /** Every `$ref`. */
  references(): string[] {
    const found: string[] = []
    JSON.stringify(this.#document, (key, value: unknown) => {
      if (key === '$ref') found.push(String(value))
      return value
    })
    return found
  }

  resolve(reference: string): unknown {
    const keys = reference.replace(/^#\//, '').split('/')
    return keys.reduce<unknown>(
      (node, key) => (node as Record<string, unknown> | undefined)?.[key],
      this.#document,
    )
  }

  /** What is not as the operation promises: status, headers, media type, body. */
  complaints(path: string, method: string, { status, headers, text }: Answer): string[] {
    const operation = this.resolve(`#/paths/${path}`) ?? this.#path(path)
    const responses = (operation as Record<string, { responses: Record<string, ResponseObject> }>)[
      method
    ]?.responses
    const response = responses?.[status]
    if (response === undefined) return [`${method} ${path} promises no ${status}`]
    const wrong: string[] = []
    const type = headers.get('content-type') ?? ''
    const schema = response.content?.[type]?.schema
    if (response.content?.[type] === undefined) wrong.push(`no content of type ${type}`)
    if (headers.get('x-request-id') === null) wrong.push('no X-Request-Id')
    if (status === 429 && headers.get('retry-after') === null) wrong.push('no Retry-After')
    if (schema !== undefined) wrong.push(...this.#schemaComplaints(schema, JSON.parse(text)))
    return wrong
  }

  #path(path: string): unknown {
    return (this.#document['paths'] as Record<string, unknown>)[path]
  }

  /** Zod reads JSON Schema itself; local references become definitions of the schema. */
  #schemaComplaints(schema: object, value: unknown): string[] {
    const { schemas } = this.#document['components'] as { schemas: Record<string, unknown> }
    const text = JSON.stringify({ ...schema, $defs: schemas })
    const local = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as object
    const result = z
      .fromJSONSchema(local as Parameters<typeof z.fromJSONSchema>[0])
      .safeParse(value)
    return result.success ? [] : result.error.issues.map(issue => JSON.stringify(issue))
  }
}
