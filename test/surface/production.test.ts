import { expect, test } from '@jest/globals'
import { goodPassword, newEmail } from '../support/people.js'
import { reasonOf } from '../support/portcullis.js'
import { behindProxy, startProduction } from '../support/production.js'

test('in production introspection, suggestions and the landing page are gone, _service and _entities are closed', async () => {
  const production = await startProduction()
  const https = behindProxy
  try {
    expect((await production.ask('{ __typename }')).status).toBe(426)
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "User") { name } }']) {
      const answer = await production.ask(query, { headers: https })
      expect([answer.status, answer.data]).toEqual([400, undefined])
      expect(answer.text).not.toMatch(/sdl.*type|"types"/)
    }
    for (const query of [
      '{ _service { sdl } }',
      '{ x: _service { sdl } }',
      '{ ...F } fragment F on Query { _service { sdl } }',
      `{ _entities(representations: [{ __typename: "User", id: "usr_${'0'.repeat(26)}" }]) { __typename } }`,
    ]) {
      // There is no secret that a router could have: neither a guessed one nor an empty one opens.
      for (const secret of [{}, { 'x-portcullis-router': 'a guess' }, { 'x-portcullis-router': '' }]) {
        const answer = await production.ask(query, { headers: { ...https, ...secret } })
        expect([answer.data, answer.errors[0]?.extensions.code]).toEqual([null, 'FORBIDDEN'])
        expect(answer.text).not.toContain('type Query')
      }
    }
    const typo = await production.ask('{ mee { id } }', { headers: https })
    expect(typo.text).not.toMatch(/did you mean|"me"/i)
    const page = await fetch(`${production.url}/graphql`, { headers: { accept: 'text/html', ...https } })
    expect(await page.text()).not.toMatch(/sandbox|<html/i)
    expect(
      reasonOf(
        await production.ask(
          `mutation { signUp(input: { email: "${newEmail()}", password: "${goodPassword}" }) { __typename } }`,
          { headers: https },
        ),
      ),
    ).toBe('SIGN_UP_CLOSED')
    expect(
      (await production.ask('{ signInOptions { signUp } }', { headers: https })).headers.get(
        'strict-transport-security',
      ),
    ).toContain('max-age')
  } finally {
    await production.close()
  }
})
