import { createHash } from 'node:crypto'
import type { AttributeActionConfig } from '../../src/attributes/config.ts'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { anyValueText } from '../../src/batch/any-value-text.ts'

/** What an attribute action means, said on a Map, with JavaScript's own regular expressions. */
export function actOnMap(map: Map<string, AnyValue>, config: AttributeActionConfig): void {
  const { key = '' } = config
  switch (config.action) {
    case 'insert':
      if (!map.has(key)) set(map, key, config)
      return
    case 'update':
      if (map.has(key)) set(map, key, config)
      return
    case 'upsert':
      set(map, key, config)
      return
    case 'delete':
      for (const name of matching(map, config)) map.delete(name)
      return
    case 'hash':
      for (const name of matching(map, config)) map.set(name, sha256(map.get(name)))
      return
    case 'extract': {
      const text = map.get(key)
      const pattern = new RegExp(config.pattern!.replaceAll('(?P<', '(?<'), 'u')
      const match = typeof text === 'string' ? pattern.exec(text) : null
      for (const [name, group] of Object.entries(match?.groups ?? {})) map.set(name, group ?? '')
      return
    }
    case 'convert':
      if (map.has(key)) map.set(key, convert(map.get(key), config.converted_type!))
  }
}

function set(map: Map<string, AnyValue>, key: string, config: AttributeActionConfig): void {
  const from = config.from_attribute
  if (from !== undefined && map.has(from)) map.set(key, map.get(from))
  else {
    const value = from === undefined ? config.value : config.default_value
    if (value === undefined) return
    map.set(key, typeof value === 'number' ? BigInt(value) : (value as AnyValue))
  }
}

function matching(map: Map<string, AnyValue>, { key, pattern }: AttributeActionConfig): string[] {
  const regexp = pattern === undefined ? undefined : new RegExp(pattern)
  return [...map.keys()].filter(name => name === key || regexp?.test(name) === true)
}

function sha256(value: AnyValue): string {
  const bytes = hashed(value)
  return bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('hex')
}

function hashed(value: AnyValue): Buffer {
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0])
  if (value instanceof Uint8Array) return Buffer.from(value)
  const view = new DataView(new ArrayBuffer(8))
  if (typeof value === 'bigint') view.setBigInt64(0, value, true)
  else if (typeof value === 'number') view.setFloat64(0, value, true)
  else return Buffer.from(anyValueText(value))
  return Buffer.from(view.buffer)
}

function convert(value: AnyValue, to: 'int' | 'double' | 'string'): AnyValue {
  if (to === 'string') return anyValueText(value)
  if (typeof value === 'boolean') return to === 'int' ? BigInt(value) : Number(value)
  if (to === 'double') {
    if (typeof value === 'bigint') return Number(value)
    return typeof value === 'string' && isNumeric(value) ? Number(value) : value
  }
  if (typeof value === 'number') {
    return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : value
  }
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value
}

function isNumeric(text: string): boolean {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)
}
