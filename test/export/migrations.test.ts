import test from 'ava'
import {
  type Migration,
  migrationChecksum,
  migrationTexts,
  pendingMigrations,
} from '../../src/export/migrations.ts'
import { SchemaError } from '../../src/plugin/readiness.ts'

interface Options {
  readonly table: string
  readonly indexed: boolean
}

const OPTIONS: Options = { table: 'logs', indexed: false }
const migrations: readonly Migration<Options>[] = [
  { version: 1, name: 'create', isWanted: () => true, statements: ({ table }) => [`A ${table}`] },
  { version: 2, name: 'index', isWanted: ({ indexed }) => indexed, statements: () => ['B', 'C'] },
  { version: 3, name: 'add', isWanted: () => true, statements: () => ['D'] },
]
const checksumOf = migrationChecksum(OPTIONS)
const plan = { migrations, checksumOf, table: 'db.logs', ledger: 'db.ledger' }
const applied = migrations.map(step => ({ ...step, checksum: checksumOf(step) }))

function pending(count: number, options = OPTIONS): number[] {
  return pendingMigrations(plan, applied.slice(0, count), options).map(({ version }) => version)
}

test('what is wanted and not applied is pending, in order', t => {
  t.deepEqual(pending(0), [1, 3])
  t.deepEqual(pending(1, { ...OPTIONS, indexed: true }), [2, 3])
  t.deepEqual(pending(3), [])
})

test('a checksum is that of the statements, joined, whatever the options of a user', t => {
  // printf 'B;\nC' | sha256sum
  t.is(checksumOf(migrations[1]!), '319f3852651e6ac9')
})

test('a step that was another one when it was applied is for a person', t => {
  const changed = [{ version: 1, name: 'create', checksum: 'old' }]
  t.throws(() => pendingMigrations(plan, changed, OPTIONS), {
    instanceOf: SchemaError,
    message: /^step 1 \(create\) of db\.logs was applied with checksum old, .* correct db\.ledger/,
  })
})

test('a step from the future is for a person', t => {
  const future = [{ version: 9, name: 'new', checksum: 'x' }]
  t.throws(() => pendingMigrations(plan, future, OPTIONS), {
    instanceOf: SchemaError,
    message: /^step 9 \(new\) of db\.logs was made by a newer version/,
  })
})

test('the texts are those of the wanted steps', t => {
  t.deepEqual(migrationTexts(migrations, { table: 'x', indexed: true }), [
    '-- 1 create\nA x;\n',
    '-- 2 index\nB;\nC;\n',
    '-- 3 add\nD;\n',
  ])
  t.is(migrationTexts(migrations, OPTIONS).length, 2)
})
