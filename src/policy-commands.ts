/** `portcullis policy …`: what the rules of a schema are, without running anything. Ours, or any other's. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Option, type Command } from 'commander'
import { globSync } from 'tinyglobby'
import { ownAccess } from './access-control.js'
import {
  accessOf,
  defineEntities,
  describeFaults,
  explainOperation,
  matrixOf,
  printMatrix,
  proveCoverage,
  sampleCallers,
  type Access,
  type Door,
  type Entities,
  type MatrixFormat,
} from './authorization/index.js'
import { bareSchemaOf, loadTypeDefs, parseFiles } from './graphql/schema.js'
import { systemClock } from './kernel/clock.js'
import { policyFromFile, type PolicyFile } from './policy-file.js'
import { servicePolicy } from './service-policy.js'

const doorless = 'No door was given (--door): who may ask for the root fields was not looked at.\n'

interface Sources {
  readonly schema?: string[]
  readonly policy?: string
  readonly door?: string
}

/** Both take text as it is. @param warn for what is not the answer itself */
export function addPolicyCommands(
  program: Command,
  output: (text: string) => void,
  warn: (text: string) => void,
): void {
  const policy = program
    .command('policy')
    .description('what the rules of a schema are; of ours, unless --schema is given')
  const command = (name: string, description: string): Command =>
    policy
      .command(name)
      .description(description)
      .option('--schema <files...>', 'SDL files or patterns of another subgraph')
      .addOption(new Option('--policy <file>', 'JSON or YAML').env('POLICY_FILE'))
      .option('--door <module>', 'a module that exports `door`, and `entities` where the schema names some')

  command('check', 'prove that every field has a rule, and that every rule is about something').action(
    async (sources: Sources) => {
      const { access, isProven, documents } = await readAccess(sources)
      const faults = proveCoverage(access.schema, { ...access, documents, door: isProven ? access.door : null })
      if (faults.length > 0)
        return program.error(`${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n${describeFaults(faults)}`)
      output(
        `${access.rules.size} fields, ${access.policy.permissions.size} permissions, ${access.policy.roles.size} roles: no fault\n`,
      )
      if (!isProven) warn(doorless)
    },
  )

  policy
    .command('print')
    .description('the whole policy of this service as YAML, to begin a file of your own with')
    .addOption(new Option('--policy <file>', 'JSON or YAML').env('POLICY_FILE'))
    .action(async ({ policy: path }: { policy?: string }) => {
      const { stringify } = await import('yaml')
      output(stringify(servicePolicy(path === undefined ? null : textFile(path)).definition))
    })

  command('matrix', 'every field × every kind of caller')
    .addOption(new Option('--format <format>').choices(['md', 'csv', 'html']).default('md'))
    .action(async ({ format, ...sources }: Sources & { format: MatrixFormat }) => {
      const { access, isProven } = await readAccess(sources)
      output(printMatrix(matrixOf(access), format))
      if (!isProven) warn(doorless)
    })

  command('explain', 'field by field, which rules decide on an operation')
    .argument('<operation>', 'one query or mutation')
    .addOption(new Option('--as <caller>', 'anonymous, a role, or "<role>\'s machine"').default('anonymous'))
    .option('--json', 'for programs')
    .action(async (operation: string, { as, json, ...sources }: Sources & { as: string; json?: true }) => {
      const { access, isProven } = await readAccess(sources)
      if (!isProven) warn(doorless)
      const samples = sampleCallers(access.policy)
      const caller = samples.find(({ name }) => name === as)?.caller
      if (caller === undefined) {
        return program.error(`There is no caller ${as}. There are: ${samples.map(({ name }) => name).join(', ')}`)
      }
      const fields = explainOperation(operation, caller, access, systemClock.now())
      if (json) return output(`${JSON.stringify(fields, null, 2)}\n`)
      for (const { path, verdict, reason, door, rules } of fields) {
        output(`${path}: ${verdict}${reason === null ? '' : ` (${reason})`}\n`)
        if (door !== null && door !== 'open') output(`    door: ${door}\n`)
        for (const rule of rules) output(`    ${rule}\n`)
      }
    })
}

interface ReadAccess {
  readonly access: Access
  /** Whether a door was read. */
  readonly isProven: boolean
  readonly documents: ReturnType<typeof parseFiles>
}

async function readAccess({ schema, policy, door }: Sources): Promise<ReadAccess> {
  const file = policy === undefined ? null : textFile(policy)
  if (schema === undefined) return { access: ownAccess(servicePolicy(file)), isProven: true, documents: loadTypeDefs() }
  if (file === null) throw new Error('--schema needs --policy: the permissions and roles that its rules name.')
  const paths = globSync(schema, { absolute: false })
  if (paths.length === 0) throw new Error(`No file matches ${schema.join(' ')}.`)
  const rules = door === undefined ? {} : await readDoor(door)
  const sources = {
    policy: policyFromFile(file),
    door: rules.door ?? noDoor,
    entities: rules.entities ?? defineEntities({}),
  }
  const documents = parseFiles(paths.toSorted().map(textFile))
  return { access: accessOf(bareSchemaOf(documents), sources), isProven: rules.door !== undefined, documents }
}

/** Nothing is said about root fields. */
const noDoor: Door = {
  lines: new Map(),
  scopeOf: () => undefined,
  isAlone: () => false,
  bringsOwnProof: () => false,
  switchesCaller: () => false,
}

async function readDoor(path: string): Promise<{ door?: Door; entities?: Entities<never> }> {
  // A module of whoever runs this, as trusted as the command line.
  const module: { door?: Door; entities?: Entities<never> } = await import(pathToFileURL(resolve(path)).href)
  if (module.door === undefined) throw new Error(`${path} exports no \`door\`.`)
  return module
}

function textFile(path: string): PolicyFile {
  return { path, text: readFileSync(path, 'utf8') }
}
