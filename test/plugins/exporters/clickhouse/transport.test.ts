import test from 'ava'
import {
  insertColumns,
  insertSettings,
  quoteName,
  quoteText,
} from '../../../../plugins/exporters/clickhouse/transport.ts'

const insert = { table: '`d`.`t`', columns: ['a', 'b`c'], token: "o'#\\1", block: Buffer.alloc(0) }

test('names and texts are quoted, so that none can end early', t => {
  t.is(quoteName('a`b\\'), '`a\\`b\\\\`')
  t.is(quoteText("it's \\"), "'it\\'s \\\\'")
  t.is(insertColumns(insert), '(`a`, `b\\`c`)')
})

test('every insert is synchronous and carries its token in the SQL', t => {
  t.is(
    insertSettings(insert),
    "SETTINGS async_insert=0, insert_deduplicate=1, insert_deduplication_token='o\\'#\\\\1'",
  )
})
