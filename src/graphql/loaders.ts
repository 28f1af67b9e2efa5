import DataLoader from 'dataloader'
import type { Subject } from '../kernel/subject.js'
import type { UsersService } from '../users/service.js'

/** For one request: what its references ask for together is one read. Nothing is remembered beyond it. */
export interface Loaders {
  readonly users: DataLoader<string, Subject | null>
}

export interface LoadedServices {
  readonly users: Pick<UsersService, 'findMany'>
}

export const mostAtOnce = 1_000

/** Most requests load nothing this way, so each loader is made when it is first asked for. */
export function createLoaders(services: LoadedServices): Loaders {
  let users: Loaders['users'] | undefined
  return {
    get users() {
      users ??= new DataLoader((ids) => services.users.findMany(ids), { maxBatchSize: mostAtOnce })
      return users
    },
  }
}
