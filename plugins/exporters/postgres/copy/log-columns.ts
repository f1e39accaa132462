/**
 * The columns that are written, in the order of the fields of a row, and their types. Those of a
 * record come first, those it shares with its resource and scope after them.
 */
export const LOG_COLUMNS = {
  timestamp: 'timestamp with time zone',
  timestamp_nanos: 'smallint',
  observed_timestamp: 'timestamp with time zone',
  observed_timestamp_nanos: 'smallint',
  trace_id: 'bytea',
  span_id: 'bytea',
  trace_flags: 'smallint',
  severity_number: 'smallint',
  severity_text: 'text',
  event_name: 'text',
  body: 'text',
  log_attributes: 'jsonb',
  service_name: 'text',
  resource_schema_url: 'text',
  resource_attributes: 'jsonb',
  scope_schema_url: 'text',
  scope_name: 'text',
  scope_version: 'text',
  scope_attributes: 'jsonb',
} as const

export const LOG_COLUMN_NAMES: readonly string[] = Object.keys(LOG_COLUMNS)
