import test from 'ava'
import { assertReadOnly } from '../../../../../plugins/exporters/clickhouse/chdb/read-only.ts'

const refused = test.macro<[sql: string]>({
  exec: (t, sql) =>
    void t.throws(() => assertReadOnly(sql), { message: /INTO OUTFILE writes a file/ }),
  title: (_, sql) => `refused: ${sql}`,
})
const allowed = test.macro<[sql: string]>({
  exec: (t, sql) => t.notThrows(() => assertReadOnly(sql)),
  title: (_, sql) => `allowed: ${sql}`,
})

test(refused, "SELECT 1 INTO OUTFILE '/tmp/x'")
test(refused, "select 1 into /* a */ outfile '/tmp/x'")
test(refused, "SELECT '\\'' INTO\nOUTFILE '/tmp/x'")
test(allowed, 'SELECT 1')
test(allowed, "SELECT 'into outfile'")
test(allowed, 'SELECT 1 AS `into outfile` -- into outfile')
