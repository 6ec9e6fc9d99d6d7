/** How requests find a node: by the front end alone, or by what nodes have cached. */
import { AntiEntropy } from '../../protocols/prefix-routing/anti-entropy.ts';
import { CacheLog } from '../../protocols/prefix-routing/cache-log.ts';
import { CentralRouter } from '../../protocols/prefix-routing/central-router.ts';
import { HashChain } from '../../protocols/prefix-routing/hash-chain.ts';
import { HashChoice } from '../../protocols/prefix-routing/hash-choice.ts';
import { PrefixFetcher } from '../../protocols/prefix-routing/prefix-fetcher.ts';
import { PrefixRouter } from '../../protocols/prefix-routing/prefix-router.ts';
import { RoutingCounts } from '../../protocols/prefix-routing/routing-counts.ts';
import { DirectDispatcher } from '../../protocols/systems/dispatcher.ts';
import type { Dispatcher } from '../../protocols/systems/dispatcher.ts';
import { FrontEnd } from '../../protocols/systems/front-end.ts';
import { kvBytesPerToken, modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { CachePartitions, PrefixCacheListener } from '../../sim/serving/prefix-cache.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { isRoutingSystem } from '../system-names.ts';
import type { SystemName } from '../system-names.ts';
import type { Machines } from './machines.ts';
import type { TenantIsolation } from './tenants.ts';

/** The books on what engines have cached: made before the engines, which write them. */
export class CacheBooks {
  readonly chain = new HashChain();
  readonly logs: readonly CacheLog[];
  /** Told of every change of a node's cache. */
  changed: (host: HostId) => void = () => undefined;
  readonly liars: ReadonlySet<HostId>;
  readonly #partitions: CachePartitions | undefined;

  constructor(nodes: number, depth: number, liars: ReadonlySet<HostId>, partitions: CachePartitions | undefined) {
    this.#partitions = partitions;
    this.logs = Array.from({ length: nodes }, () => new CacheLog(this.chain, depth));
    this.liars = liars;
  }

  listener(host: HostId): PrefixCacheListener {
    return {
      ...(this.#partitions === undefined ? {} : { partitions: this.#partitions }),
      onCached: (id, previous) => {
        this.chain.record(id, previous);
        this.logs[host].add(id);
        this.changed(host);
      },
      onEvicted: (id) => {
        // A liar goes on claiming what it had.
        if (!this.liars.has(host)) this.logs[host].remove(id);
        this.changed(host);
      },
    };
  }
}

/** Undefined where engines have no prefix cache. */
export function cacheBooks(name: SystemName, sim: Simulator, config: ResolvedConfig, tenants: TenantIsolation | undefined): CacheBooks | undefined {
  if (!isRoutingSystem(name)) return undefined;
  const { nodes } = config.cluster;
  if (name !== 'prefix-routing' && name !== 'hybrid-routing') return new CacheBooks(nodes, Infinity, new Set(), tenants?.partitions);
  const { estimate, depth, liars } = config.prefixRouting;
  const order = sim.random.stream('prefix-routing/liars').shuffle(Array.from({ length: nodes }, (_, host) => host));
  return new CacheBooks(nodes, estimate === 'truncated' ? depth : Infinity, new Set(order.slice(0, Math.round(liars * nodes))), tenants?.partitions);
}

/** How a trial's requests are sent, and who knows which nodes are alive. */
export interface TrialRouting {
  readonly dispatcher: Dispatcher;
  readonly frontEnd: FrontEnd;
  /** Where nodes are chosen by what they have cached. */
  readonly counts?: RoutingCounts;
}

export function buildRouting(name: SystemName, sim: Simulator, config: ResolvedConfig, machines: Machines, books: CacheBooks | undefined): TrialRouting {
  const { network, nodes, hosts } = machines;
  const policy = name === 'least-loaded-routing' ? 'least-loaded' : name === 'random-routing' ? 'random' : name === 'central-router' || name === 'hash-routing' ? 'round-robin' : config.routing.policy;
  const frontEnd = new FrontEnd(nodes, policy, sim.random.stream('front-end'));
  const counts = new RoutingCounts();
  const world = { sim, network, frontEndHost: hosts.frontEnd, frontEnd, nodes, counts };
  switch (name) {
    case 'prefix-routing':
    case 'hybrid-routing': {
      const { logs, chain, liars } = books!;
      const { periodNs, fanOut, exchange, estimate, bitsPerBlock, signed, stalenessNs, trust, distrustNs } = config.prefixRouting;
      const gossip = new AntiEntropy({ sim, network, nodes, logs, chain }, { periodNs, fanOut, exchange, estimate, bitsPerBlock, signed });
      const isHybrid = name === 'hybrid-routing';
      // The hybrid weighs expected times, loads included, and serves a request where it has been sent.
      const rules = isHybrid ? { minGainTokens: config.prefixRouting.minGain, tieBreak: 'random' as const, spill: undefined, ttl: 1 } : { ...choiceRules(config), ttl: config.prefixRouting.ttl };
      const hybrid = isHybrid ? { fetcher: makeFetcher(sim, config, machines) } : undefined;
      const options = { ...rules, stalestNs: stalenessNs ?? Infinity, leastTrust: trust, distrustNs };
      return { dispatcher: new PrefixRouter({ ...world, logs, chain, gossip, liars, hybrid }, options), frontEnd, counts };
    }
    case 'central-router': {
      const { logs, chain } = books!;
      const { decisionNs, fallback } = config.prefixRouting.central;
      const router = new CentralRouter({ ...world, logs, chain, routerHost: hosts.router! }, { ...choiceRules(config), decisionNs, fallback });
      books!.changed = (host) => { router.changed(host); };
      return { dispatcher: router, frontEnd, counts };
    }
    case 'hash-routing': {
      const choice = new HashChoice(frontEnd, nodes, config.prefixRouting.spill ?? Infinity);
      return { dispatcher: new DirectDispatcher(network, hosts.frontEnd, frontEnd, (request) => choice.choose(request)), frontEnd };
    }
    default:
      return { dispatcher: new DirectDispatcher(network, hosts.frontEnd, frontEnd), frontEnd };
  }
}

/** A fetch that takes longer than this is slower than any prefill. */
const FETCH_TIMEOUT_NS = 2 * SECOND;

function makeFetcher(sim: Simulator, config: ResolvedConfig, { network, nodes }: Machines): PrefixFetcher {
  const { upBps, downBps } = config.network;
  return new PrefixFetcher(sim, network, nodes, { bytesPerToken: kvBytesPerToken(modelByName(config.cluster.model)), linkBps: Math.min(upBps, downBps), timeoutNs: FETCH_TIMEOUT_NS });
}

function choiceRules({ prefixRouting: { minGain, tieBreak, spill } }: ResolvedConfig): { minGainTokens: number; tieBreak: typeof tieBreak; spill: number | undefined } {
  return { minGainTokens: minGain, tieBreak, spill: spill ?? undefined };
}
