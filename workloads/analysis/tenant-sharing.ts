/** What tenants share: hits that isolation between them would cost. */
import type { Request } from '../../sim/serving/request.ts';
import { noHits } from './leading-hits.ts';
import type { HitCounts } from './leading-hits.ts';
import { LruCache } from './lru-cache.ts';

const MANY = -1;

/** Hits with and without isolation between tenants. */
export interface TenantSharingResult {
  readonly tenants: number;
  /** Distinct units that more than one tenant uses. */
  readonly unitsSharedByTenants: number;
  readonly units: number;
  /** Unbounded cache, one for all tenants. */
  readonly shared: HitCounts;
  /** Unbounded caches, one for each tenant (salted hashes). */
  readonly isolated: HitCounts;
}

/** Fed with requests in order of arrival; caches are unbounded, a unit usable by the very next request. */
export class TenantSharing {
  /** The one tenant that used a unit, or MANY. */
  readonly #userOf = new Map<number, number>();
  readonly #caches = new Map<number, LruCache>();
  readonly #all = new LruCache();
  readonly #shared = noHits();
  readonly #isolated = noHits();
  #unitsSharedByTenants = 0;

  /** Requests of no tenant are left out. */
  add(request: Request): void {
    const { tenant } = request;
    if (tenant === undefined) return;
    let cache = this.#caches.get(tenant);
    if (cache === undefined) this.#caches.set(tenant, (cache = new LruCache()));
    cache.serve(this.#isolated, request);
    this.#all.serve(this.#shared, request);
    for (const { id } of request.units) {
      const user = this.#userOf.get(id);
      if (user === undefined) this.#userOf.set(id, tenant);
      else if (user !== tenant && user !== MANY) {
        this.#userOf.set(id, MANY);
        this.#unitsSharedByTenants++;
      }
    }
  }

  /** Undefined where no request had a tenant. */
  result(): TenantSharingResult | undefined {
    if (this.#caches.size === 0) return undefined;
    return {
      tenants: this.#caches.size,
      unitsSharedByTenants: this.#unitsSharedByTenants,
      units: this.#userOf.size,
      shared: this.#shared,
      isolated: this.#isolated,
    };
  }
}
