#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/src/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('parsec: this checkout is not built yet; run "npm run setup" first')
  process.exitCode = 1
}
