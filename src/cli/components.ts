import { Command } from 'commander'
import { stringify } from 'yaml'
import { KINDS, sectionOf } from '../config/resolve.ts'
import type { CliContext } from './context.ts'

const HELP = `
Examples:
  $ parsec components                     everything
  $ parsec components exporters           one kind
  $ parsec components | yq '.exporters[].type'`

/** `parsec components`: the plugins of this build as a YAML list per kind. */
export function componentsCommand(context: CliContext): Command {
  const sections = KINDS.map(sectionOf)
  return new Command('components')
    .description('list the components that a config can use')
    .argument('[kind]', `only one of ${sections.join(', ')}`)
    .addHelpText('after', HELP)
    .action((kind: string | undefined, _options: unknown, command: Command) => {
      if (kind !== undefined && !sections.includes(kind)) {
        command.error(`error: unknown kind "${kind}"; known are ${sections.join(', ')}`)
      }
      const listed = KINDS.filter(name => kind === undefined || sectionOf(name) === kind)
      const list = Object.fromEntries(listed.map(name => [sectionOf(name), ofKind(context, name)]))
      context.stdout.write(stringify(list, { lineWidth: 0 }))
    })
}

function ofKind({ plugins }: CliContext, kind: (typeof KINDS)[number]): object[] {
  return plugins
    .filter(plugin => plugin.kind === kind)
    .sort((a, b) => (a.type < b.type ? -1 : 1))
    .map(({ type, aliases = [], synonyms = [], stability, summary }) => ({
      type,
      kind,
      ...(synonyms.length > 0 ? { synonyms: [...synonyms] } : {}),
      ...(aliases.length > 0 ? { aliases: [...aliases] } : {}),
      stability,
      summary,
    }))
}
