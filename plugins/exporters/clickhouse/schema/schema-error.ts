/** A schema that no retry mends: a person has to change the table or the config. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}
