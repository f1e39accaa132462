import { type AnyValue, readAnyValue } from '../batch/any-value.ts'
import type { BatchContext } from '../batch/batch.ts'
import type { AttributeList } from './attribute-list.ts'
import type { AttributeActionConfig, ConfigValue } from './config.ts'
import { configToAnyValue } from './config-value.ts'
import { contextValue } from './context-value.ts'
import { type ConvertedType, convertValue } from './convert-value.ts'
import { type EncodedAttribute, encodeAttribute } from './encode-attribute.ts'
import { hashAnyValue } from './hash-value.ts'
import { KeyMatcher } from './key-matcher.ts'
import { compilePattern, type Pattern } from './pattern.ts'

/** One step on the attributes of one message. */
export type AttributeAction = (list: AttributeList) => void

/**
 * Compiles a checked action for messages whose attributes are field `field`. The result is for one
 * batch when it reads the request (`from_context`), for all of them otherwise.
 */
export function compileAction(
  config: AttributeActionConfig,
  field: number,
): (context: BatchContext) => AttributeAction {
  const key = Buffer.from(config.key ?? '')
  switch (config.action) {
    case 'insert':
    case 'update':
    case 'upsert':
      return compileSet(config, config.action, key, field)
    case 'delete':
      return always(deleteAction(key, keyMatcher(config.pattern)))
    case 'hash':
      return always(hashAction(key, keyMatcher(config.pattern)))
    case 'extract':
      return always(extractAction(key, compilePattern(config.pattern ?? '')))
    case 'convert':
      return always(convertAction(key, config.converted_type ?? 'string'))
  }
}

type SetKind = 'insert' | 'update' | 'upsert'

function compileSet(
  config: AttributeActionConfig,
  kind: SetKind,
  key: Buffer,
  field: number,
): (context: BatchContext) => AttributeAction {
  const constant = (value: AnyValue): EncodedAttribute => encodeAttribute(field, key, value)
  const configured = (value: ConfigValue | undefined): EncodedAttribute | undefined =>
    value === undefined || value === null ? undefined : constant(configToAnyValue(value))
  const fallback = configured(config.default_value)
  const { from_attribute: fromAttribute, from_context: fromContext } = config
  if (fromContext !== undefined) {
    return context => {
      const value = contextValue(context, fromContext)
      return setConstant(kind, key, value === undefined ? fallback : constant(value))
    }
  }
  if (fromAttribute !== undefined) {
    return always(setFromAttribute(kind, key, Buffer.from(fromAttribute), fallback))
  }
  return always(setConstant(kind, key, configured(config.value) ?? fallback))
}

/** May this kind of action set a key that is at `index`, or absent (-1)? */
function applies(kind: SetKind, index: number): boolean {
  return kind === 'upsert' || (kind === 'update') === index >= 0
}

function setConstant(
  kind: SetKind,
  key: Buffer,
  attribute: EncodedAttribute | undefined,
): AttributeAction {
  if (attribute === undefined) return () => {}
  return list => {
    const index = list.find(key)
    if (applies(kind, index)) list.setConstant(index, attribute)
  }
}

function setFromAttribute(
  kind: SetKind,
  key: Buffer,
  fromKey: Buffer,
  fallback: EncodedAttribute | undefined,
): AttributeAction {
  return list => {
    const index = list.find(key)
    if (!applies(kind, index)) return
    const from = list.find(fromKey)
    if (from >= 0) list.copyValue(index, key, from)
    else if (fallback !== undefined) list.setConstant(index, fallback)
  }
}

function deleteAction(key: Buffer, matcher: KeyMatcher | undefined): AttributeAction {
  return list => {
    if (key.length > 0) list.remove(key)
    if (matcher === undefined) return
    for (let i = 0; i < list.count; i++) {
      if (list.isLive(i) && matcher.matches(list.key(i))) list.removeAt(i)
    }
  }
}

function hashAction(key: Buffer, matcher: KeyMatcher | undefined): AttributeAction {
  return list => {
    // From the end, and duplicates too: what was to be hidden must not stay in an earlier one.
    for (let i = list.count - 1; i >= 0; i--) {
      if (list.isKey(i, key)) hashAt(list, i, key)
      else if (matcher !== undefined && list.isLive(i) && matcher.matches(list.key(i))) {
        hashAt(list, i, list.keyBytes(i))
      }
    }
  }
}

function hashAt(list: AttributeList, index: number, key: Buffer): void {
  list.setValue(index, key, list.withValue(index, hashAnyValue))
}

function extractAction(key: Buffer, pattern: Pattern): AttributeAction {
  const targets = pattern.groups.map(name => Buffer.from(name))
  return list => {
    const index = list.find(key)
    const text = index < 0 ? undefined : list.withValue(index, readAnyValue)
    const groups = typeof text === 'string' ? pattern.capture(text) : undefined
    if (groups === undefined) return
    for (const [i, target] of targets.entries()) list.setValue(list.find(target), target, groups[i])
  }
}

function convertAction(key: Buffer, to: ConvertedType): AttributeAction {
  return list => {
    const index = list.find(key)
    if (index < 0) return
    list.setValue(index, key, convertValue(list.withValue(index, readAnyValue), to))
  }
}

function keyMatcher(pattern: string | undefined): KeyMatcher | undefined {
  return pattern === undefined ? undefined : new KeyMatcher(compilePattern(pattern))
}

function always(action: AttributeAction): (context: BatchContext) => AttributeAction {
  return () => action
}
