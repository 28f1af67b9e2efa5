/**
 * Owns how often something may be tried: wrong proofs by account and by network, sign-ups by network. Does not own what
 * a proof is, whether an account exists (a key is a key), nor the budgets of calls per minute.
 */
import { hmacOf } from '../kernel/digest.js'
import { RateLimited } from '../kernel/errors.js'
import { delayAfterMs } from './backoff.js'
import type { LimitSettings } from './limit-settings.js'
import { networkOf } from './network-of.js'
import { createNetworkShare } from './network-share.js'
import type { Counter, LimitStore } from './store.js'

/** NIST SP 800-63B-4 §3.2.2: no more failures in a row than this, whatever is guessed at. */
export const mostInRow = 100

export interface LimitsService {
  /**
   * Runs a proof under the throttle: a null is a wrong proof and counts, anything else starts the account afresh, and an
   * exception is no verdict and counts for nothing. At most a few proofs of one network run at a time, so that the room
   * for hashes is not one network's.
   * @throws RateLimited, and whatever `prove` throws
   */
  attempt<Proof>(from: AttemptSource, prove: () => Promise<Proof | null>): Promise<Proof | null>
  /**
   * As `attempt`, for what must not be tried for ever: `prove` is told how many it makes that failed in a row, itself
   * included. Of those that run at once each is told another number. A right one begins a new row, and some time after
   * its first failure a row is forgotten.
   */
  attemptInRow<Proof>(from: AttemptSource, prove: (inRow: number) => Promise<Proof | null>): Promise<Proof | null>
  /**
   * Counts an attempt to prove something, before anything is spent on the proof: what runs in parallel cannot pass
   * together. Counted as a failure until told otherwise; a refused request is not counted.
   * @throws RateLimited while the account rests or the network has failed too often; Unavailable
   */
  beginAttempt(from: AttemptSource): Promise<Attempt>
  /** Whoever owns the account has proven it in another way: it starts afresh. @throws Unavailable */
  forgive(account: string): Promise<void>
  /** What failed in a row was about something that is no more. The account waits for its turns as before. @throws Unavailable */
  beginRow(account: string): Promise<void>
  /**
   * A sign-up and a request for mail are counted for the network of an address, a change for the caller of an id, a
   * mail for its recipient (the identifier of an address), one with a link for a new password by itself, a new password
   * for its user, and so is a mail about a new sign-in.
   * @throws RateLimited when this was done too often; Unavailable
   */
  spend(
    kind: 'sign-up' | 'mail-request' | 'mail' | 'reset-mail' | 'sign-in-mail' | 'password-choice' | 'change',
    by: string,
  ): Promise<void>
}

export interface AttemptSource {
  /** Whose turns and pauses these are. */
  readonly account: string
  /** Whose failures in a row they are, where not those of the account: of all that paces for itself, one row. */
  readonly row?: string
  /** Null where somebody who is signed in proves again. */
  readonly ip: string | null
  /** The neighbours' failures are not its own, nor its own theirs; of the room for hashes it has no more than they. */
  readonly isKnownDevice?: boolean
}

/** An attempt that is counted as a failure. */
export interface Attempt {
  /** The proof was right: the account starts afresh, and the network gets its point back. */
  succeeded(): Promise<void>
  /** No verdict was reached (no room to hash, no database): both get their point back; the account's turn is not. Never for a wrong proof. */
  withdraw(): Promise<void>
}

interface Budget {
  readonly windowMs: number
  readonly most: number
  /** Counted for the network of an address, and not for the key itself. */
  readonly isByNetwork?: boolean
}

export interface LimitsDependencies {
  readonly store: LimitStore
  readonly settings: LimitSettings
  /** Any secret of all instances in common; a new one forgets what was counted by network. */
  readonly networkKey: Buffer
}

export function createLimits({ store, settings, networkKey }: LimitsDependencies): LimitsService {
  const share = createNetworkShare()
  const networkDigest = (ip: string): string => hmacOf(networkKey, `network:${networkOf(ip) ?? 'unknown'}`)

  const budgets: Readonly<Record<Parameters<LimitsService['spend']>[0], Budget>> = {
    'sign-up': { windowMs: settings.signUpWindowMs, most: settings.signUpsPerNetwork, isByNetwork: true },
    'mail-request': {
      windowMs: settings.mailRequestWindowMs,
      most: settings.mailRequestsPerNetwork,
      isByNetwork: true,
    },
    mail: { windowMs: settings.mailWindowMs, most: settings.mailsPerRecipient },
    'reset-mail': { windowMs: settings.resetMailWindowMs, most: settings.mailsPerRecipient },
    'sign-in-mail': { windowMs: settings.mailWindowMs, most: settings.mailsPerRecipient },
    'password-choice': { windowMs: settings.passwordChoiceWindowMs, most: settings.passwordChoices },
    change: { windowMs: 60_000, most: settings.changesPerMinute },
  }

  async function beginAttempt({ account, ip, isKnownDevice = false }: AttemptSource): Promise<Attempt> {
    const network = ip === null || isKnownDevice ? null : networkDigest(ip)
    const giveNetworkBack = async () => {
      if (network !== null) await store.giveBack('network', network)
    }

    if (network !== null) {
      const inNetwork = await store.count('network', network, settings.networkWindowMs)
      if (inNetwork.count > settings.networkFailures) {
        await giveNetworkBack()
        throw new RateLimited(inNetwork.endsInMs)
      }
    }
    const turn = await takeTurn(account)
    if (turn.restsForMs > 0) {
      await giveNetworkBack()
      throw new RateLimited(turn.restsForMs)
    }
    return {
      async succeeded() {
        await Promise.all([giveNetworkBack(), forgetAccount(account, turn.countedAs)])
      },
      async withdraw() {
        await Promise.all([giveNetworkBack(), store.giveBack(turn.countedAs, account)])
      },
    }
  }

  /**
   * The first attempts go at once, in parallel too. From then on they go one by one through a gate, which stays shut
   * behind each for the delay that its failure would cost. Two counters, because refused requests run through the first
   * one (it only has to say "more than that"), and the delay must not grow with them.
   */
  async function takeTurn(account: string): Promise<{ countedAs: Counter; restsForMs: number }> {
    const first = await store.count('account', account, settings.accountMemoryMs)
    if (first.count < settings.accountFailures) return { countedAs: 'account', restsForMs: 0 }
    // Read before the gate: it can only be too old by attempts behind which the gate is still shut.
    const paced = await store.read('account-paced', account)
    const gate = await store.passGate(account, delayAfterMs(settings.accountFailures + paced, settings))
    if (gate !== 'passed') return { countedAs: 'account-paced', restsForMs: Math.max(1, gate.shutForMs) }
    // Ends with the first counter, so that whoever may go at once again does not find an old delay waiting.
    await store.count('account-paced', account, first.endsInMs)
    return { countedAs: 'account-paced', restsForMs: 0 }
  }

  async function forgetAccount(account: string, countedAs: Counter): Promise<void> {
    const paced = countedAs === 'account-paced' ? [store.forget('account-paced', account), store.openGate(account)] : []
    await Promise.all([store.forget('account', account), ...paced])
  }

  async function judged<Proof>(from: AttemptSource, prove: () => Promise<Proof | null>): Promise<Proof | null> {
    const attempt = await beginAttempt(from)
    const proof = await prove().catch(async (cause: unknown) => {
      // What went wrong first is what matters.
      await attempt.withdraw().catch(() => undefined)
      throw cause
    })
    if (proof !== null) await attempt.succeeded()
    return proof
  }

  const attempt: LimitsService['attempt'] = (from, prove) =>
    from.ip === null ? judged(from, prove) : share.oneOfFew(networkDigest(from.ip), () => judged(from, prove))

  return {
    attempt,
    attemptInRow(from, prove) {
      const { row = from.account } = from
      return attempt(from, async () => {
        const { count } = await store.count('row', row, settings.rowMemoryMs)
        const proof = await prove(count).catch(async (cause: unknown) => {
          await store.giveBack('row', row).catch(() => undefined)
          throw cause
        })
        if (proof !== null) await store.forget('row', row)
        return proof
      })
    },
    beginAttempt,
    forgive: (account) => forgetAccount(account, 'account-paced'),
    beginRow: (account) => store.forget('row', account),
    async spend(kind, by) {
      const { windowMs, most, isByNetwork = false } = budgets[kind]
      const { count, endsInMs } = await store.count(kind, isByNetwork ? networkDigest(by) : by, windowMs)
      if (count > most) throw new RateLimited(endsInMs)
    },
  }
}

export { defaultLimits, type LimitSettings } from './limit-settings.js'
