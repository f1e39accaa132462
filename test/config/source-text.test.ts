import test from 'ava'
import { SourceText } from '../../src/config/source-text.ts'

const source = new SourceText('a.yaml', 'one\r\ntwo\n\nfour')

const position = test.macro((t, offset: number, line: number, column: number) => {
  t.deepEqual(source.position(offset), { line, column })
})
test('the first character is 1:1', position, 0, 1, 1)
test('a line break belongs to the line it ends', position, 4, 1, 5)
test('the next line starts behind it', position, 5, 2, 1)
test('an empty line has a first column', position, 9, 3, 1)
test('the end of the text is behind its last character', position, 14, 4, 5)

test('a line is given without its line break', t => {
  const lines = [1, 2, 3, 4].map(line => {
    const { start, end } = source.lineRange(line)
    return source.text.slice(start, end)
  })
  t.deepEqual(lines, ['one', 'two', '', 'four'])
})

test('a place never ends before it starts', t => {
  t.like(source.place(5, 2), { start: 5, end: 5 })
})
