import test from 'ava'
import { workerPath } from '../../../../plugins/exporters/file/worker-path.ts'

const gives = test.macro((t, path: string, index: number, expected: string) => {
  t.is(workerPath(path, { index, count: 3 }), expected)
})
test('the first worker has the path of a single process', gives, 'a/logs.json', 0, 'a/logs.json')
test('the others have a file beside it', gives, './a/logs.json', 2, './a/logs.worker-2.json')
test('a name may have no ending', gives, '/var/log/out', 1, '/var/log/out.worker-1')
test('a folder with a dot is no ending', gives, 'a.b/out', 1, 'a.b/out.worker-1')
