import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'

/** Every page that is written for people; node_modules and fixtures are not. */
const pages = ['.', 'docs', 'plugins', 'test/sdk'].flatMap(folder =>
  readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' })
    .filter(name => name.endsWith('.md') && !name.includes('node_modules'))
    .map(name => join(folder, name)),
)

test('every relative link of the documentation leads to a file', t => {
  const broken: string[] = []
  for (const page of pages) {
    const text = readFileSync(page, 'utf8')
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:|^#/.test(target!)) continue
      const file = join(dirname(page), target!.split('#')[0]!)
      if (!existsSync(file)) broken.push(`${page} -> ${target}`)
    }
  }
  t.deepEqual(broken, [])
  t.true(pages.length > 10)
})
