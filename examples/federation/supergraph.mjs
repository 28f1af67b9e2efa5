/** One schema out of those of the subgraphs, made when the gateway starts. */
import composition from '@apollo/composition'
import { Kind, parse, visit } from 'graphql'

const patienceMs = 60_000
const pauseMs = 500

/**
 * @param {{ name: string, url: string }[]} subgraphs
 * @param {Record<string, string>} headers what proves that a router asks: a schema is not for everybody
 * @returns {Promise<string>}
 */
export async function loadSupergraph(subgraphs, headers) {
  const definitions = await Promise.all(
    subgraphs.map(async ({ name, url }) => {
      const typeDefs = withoutRouterRules(parse(await sdlOf({ name, url }, headers)))
      return { name, url, typeDefs }
    }),
  )
  return compose(definitions).supergraphSdl
}

const routerRules = ['authenticated', 'requiresScopes', 'policy']

/**
 * `@apollo/gateway` does not start with the directives by which Apollo's router checks a token by itself. Nothing is
 * lost with them: the subgraph that resolves a field decides on it anyway.
 */
function withoutRouterRules(document) {
  return visit(document, {
    Directive: ({ name }) => (routerRules.includes(name.value.replace('federation__', '')) ? null : undefined),
    // The list of what is imported from the specification.
    ListValue: (list) => ({ ...list, values: list.values.filter((value) => !isRouterRule(value)) }),
  })
}

function isRouterRule(value) {
  return value.kind === Kind.STRING && routerRules.some((name) => value.value === `@${name}`)
}

/**
 * @param {{ name: string, url: string, typeDefs: import('graphql').DocumentNode }[]} definitions
 * @returns {{ supergraphSdl: string, hints: string[] }}
 */
export function compose(definitions) {
  const { supergraphSdl, errors = [], hints = [] } = composition.composeServices(definitions)
  if (errors.length > 0) throw new Error(`The subgraphs do not compose:\n${errors.map(String).join('\n')}`)
  return {
    supergraphSdl,
    hints: hints.map((hint) => `${hint.definition.level.name} ${hint.definition.code}: ${hint.message}`),
  }
}

/** Started together, the gateway is often the first one up: it waits for the others. */
async function sdlOf({ name, url }, headers) {
  for (const giveUpAt = Date.now() + patienceMs; ; await new Promise((resume) => setTimeout(resume, pauseMs))) {
    const { sdl, fault } = await askForSdl(url, headers)
    if (sdl !== undefined) return sdl
    if (Date.now() > giveUpAt) throw new Error(`${name} does not give its schema at ${url}: ${fault}`)
  }
}

async function askForSdl(url, headers) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
    })
    const { data, errors } = await response.json()
    return data?._service ? { sdl: data._service.sdl } : { fault: errors?.[0]?.message ?? `status ${response.status}` }
  } catch (cause) {
    return { fault: cause.cause?.code ?? cause.message }
  }
}
