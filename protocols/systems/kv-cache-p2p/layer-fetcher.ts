import type { EventHandle } from '../../../sim/kernel/handler.ts';
import { byteWorkNs } from '../../../sim/hardware/host-cpu.ts';
import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Network } from '../../../sim/network/network.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { TransferId, TransferOutcome } from '../../../sim/network/transfers.ts';
import { recordStep } from '../../fetch/activity-step.ts';
import type { FetchJob, UnitFetch } from '../../fetch/fetch-job.ts';
import type { PinTicket } from '../../store/store-entries.ts';
import type { PeerNode } from '../peer-node.ts';
import type { LayerCost } from './layer-cost.ts';
import { newLayerCost } from './layer-cost.ts';
import type { FoundLayer, LayerDirectory, NamedLayer } from './layer-directory.ts';
import type { LayerNames } from './layer-names.ts';
import type { EndTimes, LayerStages } from './layer-stages.ts';
import { absent, entryBytes, get } from './messages.ts';
import type { PeerLinks, PeerMessage } from './peer-links.ts';

export interface LayerFetchOptions {
  /** Layers of one request under way at once: 1 is the prototype's one after another. */
  readonly layersInFlight: number;
  /** A layer that has not come by then is asked of the next holder. */
  readonly getTimeoutNs: Nanoseconds;
  /** Stored layers lie in GPU memory. */
  readonly inDevice: boolean;
}

export interface LayerFetchWorld {
  readonly sim: Simulator;
  readonly network: Network;
  /** By host id. */
  readonly nodes: readonly PeerNode[];
  readonly links: PeerLinks;
  readonly stages: LayerStages;
  readonly names: LayerNames;
  readonly directory: LayerDirectory;
  /** Whether a node looks for layers elsewhere. */
  readonly asksPeers: (host: HostId) => boolean;
  /** Whether a node gives others what it holds. */
  readonly serves: (host: HostId) => boolean;
}

/** The fetch of one job: its layers in order of prompt and layer. */
interface Run {
  readonly job: FetchJob;
  readonly cost: LayerCost;
  unit: number;
  layer: number;
  inFlight: number;
  /** Units from here on are of no use: one before them is missed. */
  unitsWanted: number;
  /** By holder: layers under way. */
  readonly pulling: Map<HostId, number>;
}

/** One layer under way. */
interface Layer extends NamedLayer {
  readonly run: Run;
  readonly fetch: UnitFetch;
  readonly unit: number;
  readonly startNs: Nanoseconds;
  found: FoundLayer | undefined;
  tried: number;
  /** The last step that brought it forward. */
  activity: number;
}

/** One layer asked of one holder. */
interface Attempt {
  readonly layer: Layer;
  readonly holder: HostId;
  readonly askedNs: Nanoseconds;
  over: boolean;
  timer: EventHandle;
  transfer: TransferId | undefined;
  packed: EndTimes;
  /** The holder's pin, while it packs and sends. */
  ticket: PinTicket;
}

/**
 * Brings layers from peers, as the prototype does: each layer is looked up, asked for, copied out of the holder's GPU, encoded, sent, decoded and
 * copied into this one, before the next begins; with more layers in flight the stages overlap. The prompt's units depend on those
 * before them, so the first layer that nobody has ends the fetch.
 */
export class LayerFetcher {
  readonly #world: LayerFetchWorld;
  readonly #options: LayerFetchOptions;
  #inUse = 0;
  readonly #costs = new WeakMap<FetchJob, LayerCost>();
  readonly #get: PeerMessage<Attempt>;
  readonly #absent: PeerMessage<Attempt>;

  constructor(world: LayerFetchWorld, options: LayerFetchOptions) {
    this.#world = world;
    this.#options = options;
    this.#get = world.links.kind<Attempt>('get', (holder, _, attempt) => { this.#serve(holder, attempt); });
    this.#absent = world.links.kind<Attempt>('lacking', (_, __, attempt) => { this.#fail(attempt); });
  }

  /** Layers that are being read out of a store: copied to a GPU, packed or sent. */
  get layersInUse(): number {
    return this.#inUse;
  }

  /** What a job's layers have cost so far. */
  costOf(job: FetchJob): LayerCost | undefined {
    return this.#costs.get(job);
  }

  start(job: FetchJob): void {
    const { sim } = this.#world;
    const run: Run = { job, cost: newLayerCost(sim.now), unit: 0, layer: 0, inFlight: 0, unitsWanted: job.fetches.length, pulling: new Map() };
    this.#costs.set(job, run.cost);
    let tokens = 0;
    for (const { unit } of job.fetches) {
      this.#world.names.starts(unit.id, tokens);
      tokens += unit.tokens;
    }
    // The keys: SHA-256 over the prompt's tokens, four bytes each.
    job.node.cpu.charge(byteWorkNs('sha256', 4 * tokens), () => {
      const hashed = recordStep(job.activities, 'lookup', run.cost.startNs, sim.now, job.releasedBy);
      this.#issue(run, hashed);
    }, undefined);
  }

  /** Starts layers while the window has room; `activity` is what made the room. */
  #issue(run: Run, activity: number): void {
    while (run.inFlight < this.#options.layersInFlight) {
      const layer = this.#next(run, activity);
      if (layer === undefined) return;
      run.inFlight++;
      this.#begin(layer);
    }
  }

  #next(run: Run, activity: number): Layer | undefined {
    const { job } = run;
    while (run.unit < run.unitsWanted && (run.layer >= job.fetches[run.unit].geometry.segmentBytes.length || job.fetches[run.unit].cancelled)) {
      run.unit++;
      run.layer = 0;
    }
    if (run.unit >= run.unitsWanted) return undefined;
    const fetch = job.fetches[run.unit];
    const name = this.#world.names.name(fetch.unit, run.layer);
    const layer: Layer = { ...name, run, fetch, unit: run.unit, startNs: this.#world.sim.now, found: undefined, tried: 0, activity };
    run.layer++;
    run.cost.asked++;
    job.cost.bytesRequested += this.#world.names.bytes(fetch.unit.tokens).raw;
    return layer;
  }

  #begin(layer: Layer): void {
    const { sim, directory, stages, asksPeers, names } = this.#world;
    const { node } = layer.run.job;
    if (node.holdings.touch(layer.id) >= 0) {
      layer.run.cost.local++;
      if (this.#options.inDevice) sim.schedule(0, () => { this.#land(layer); });
      else {
        const ticket = this.#use(node, layer);
        stages.copy(node.host, 'hostToDevice', names.bytes(layer.fetch.unit.tokens).raw, () => {
          this.#unuse(node, layer, ticket);
          layer.activity = recordStep(layer.run.job.activities, 'copy', layer.startNs, sim.now, layer.activity);
          this.#land(layer);
        });
      }
      return;
    }
    if (!asksPeers(node.host)) {
      sim.schedule(0, () => { this.#miss(layer); });
      return;
    }
    directory.find(node.host, layer, (found) => { this.#onFound(layer, found); });
  }

  #onFound(layer: Layer, found: FoundLayer): void {
    const { sim } = this.#world;
    const { job, cost } = layer.run;
    layer.found = found;
    const tookNs = sim.now - layer.startNs;
    cost.stageNs.lookup += tookNs;
    job.cost.lookups++;
    job.cost.hops += found.hops;
    job.cost.lookupNs += tookNs;
    job.cost.timeouts += found.timeouts;
    layer.activity = recordStep(job.activities, 'lookup', layer.startNs, sim.now, layer.activity);
    this.#tryHolder(layer);
  }

  #tryHolder(layer: Layer): void {
    const { sim, links, stages } = this.#world;
    const { job } = layer.run;
    const { holders } = layer.found!;
    if (layer.tried >= holders.length || layer.fetch.cancelled || layer.unit >= layer.run.unitsWanted) {
      this.#miss(layer);
      return;
    }
    const holder = holders[layer.tried++];
    const attempt: Attempt = { layer, holder, askedNs: sim.now, over: false, transfer: undefined, packed: { copyNs: 0, codecNs: 0 }, timer: 0, ticket: 0 };
    const { host } = job.node;
    stages.receiving[host].acquire(this.#dataBytes(layer), () => {
      attempt.timer = sim.schedule(this.#options.getTimeoutNs, () => {
        job.cost.timeouts++;
        links.close(host, holder);
        // A transfer that is cancelled ends, and that is how the attempt fails.
        if (attempt.transfer === undefined) this.#fail(attempt);
        else this.#world.network.cancelTransfer(attempt.transfer);
      });
      this.#pulls(layer.run, holder, 1);
      if (links.isOpen(host, holder)) links.send(host, holder, this.#get, get(layer.key), attempt);
      else links.connect(host, holder, (open) => { if (open && !attempt.over) links.send(host, holder, this.#get, get(layer.key), attempt); else this.#fail(attempt); });
    });
  }

  /** At the holder: out of its GPU, into a message, onto the wire. */
  #serve(holder: HostId, attempt: Attempt): void {
    const { links, nodes, stages, names, serves } = this.#world;
    if (attempt.over) return;
    const { layer } = attempt;
    const { host } = layer.run.job.node;
    if (!serves(holder) || nodes[holder].holdings.touch(layer.id) < 0) {
      links.send(holder, host, this.#absent, absent(), attempt);
      return;
    }
    const dataBytes = this.#dataBytes(layer);
    const pool = stages.sending[holder];
    attempt.ticket = this.#use(nodes[holder], layer);
    pool.acquire(dataBytes, () => {
      stages.pack(holder, names.bytes(layer.fetch.unit.tokens), (packed) => {
        if (attempt.over) {
          pool.release(dataBytes);
          this.#unuse(nodes[holder], layer, attempt.ticket);
          return;
        }
        attempt.packed = packed;
        const extraLinks = this.#options.inDevice ? [] : [nodes[holder].tiers[0].readLink];
        attempt.transfer = links.transfer(holder, host, entryBytes(layer.key, names.head(layer.fetch.unit.tokens), dataBytes), extraLinks, this.#onSent, attempt);
      });
    });
  }

  readonly #onSent = (outcome: TransferOutcome, attempt: Attempt, deliveredBytes: number): void => {
    const { layer, holder } = attempt;
    this.#world.stages.sending[holder].release(this.#dataBytes(layer));
    this.#unuse(this.#world.nodes[holder], layer, attempt.ticket);
    attempt.transfer = undefined;
    if (attempt.over) return;
    if (outcome === 'done') this.#arrive(attempt, deliveredBytes);
    else {
      layer.run.job.cost.bytesAbandoned += deliveredBytes;
      this.#fail(attempt);
    }
  };

  #arrive(attempt: Attempt, messageBytes: number): void {
    const { sim, stages, names, links } = this.#world;
    const { layer, holder, packed } = attempt;
    const { job, cost } = layer.run;
    attempt.over = true;
    sim.cancel(attempt.timer);
    this.#pulls(layer.run, holder, -1);
    const tookNs = sim.now - attempt.askedNs;
    cost.stageNs.deviceToHost += packed.copyNs;
    cost.stageNs.encode += packed.codecNs;
    cost.stageNs.wire += tookNs - packed.copyNs - packed.codecNs;
    job.cost.bytesFetched += messageBytes;
    layer.fetch.touchedNetwork = true;
    layer.activity = recordStep(job.activities, 'transfer', attempt.askedNs, sim.now, layer.activity);
    const arrivedNs = sim.now;
    const { host } = job.node;
    const bytes = names.bytes(layer.fetch.unit.tokens);
    stages.unpack(host, bytes, ({ copyNs, codecNs }) => {
      stages.receiving[host].release(bytes.data);
      cost.stageNs.decode += codecNs;
      cost.stageNs.hostToDevice += copyNs;
      cost.remote++;
      if (links.isRelayed(host, holder)) cost.relayed++;
      cost.remoteBytes += bytes.raw;
      layer.activity = recordStep(job.activities, 'copy', arrivedNs, sim.now, layer.activity);
      this.#land(layer);
    });
  }

  /** This holder does not give it: on to the next. */
  #fail(attempt: Attempt): void {
    if (attempt.over) return;
    const { sim, stages } = this.#world;
    const { layer, holder } = attempt;
    attempt.over = true;
    sim.cancel(attempt.timer);
    this.#pulls(layer.run, holder, -1);
    stages.receiving[layer.run.job.node.host].release(this.#dataBytes(layer));
    layer.activity = recordStep(layer.run.job.activities, 'transfer', attempt.askedNs, sim.now, layer.activity);
    this.#tryHolder(layer);
  }

  #land(layer: Layer): void {
    const { run, fetch, activity } = layer;
    run.inFlight--;
    run.cost.endNs = this.#world.sim.now;
    run.job.landed(fetch, 1, activity);
    this.#issue(run, activity);
  }

  /** Nobody has it: its unit and all after it have to be computed. */
  #miss(layer: Layer): void {
    const { run, unit, activity } = layer;
    run.inFlight--;
    run.cost.endNs = this.#world.sim.now;
    const first = Math.min(unit, run.unitsWanted);
    const last = run.unitsWanted;
    run.unitsWanted = first;
    for (let i = first; i < last; i++) run.job.missed(run.job.fetches[i], activity);
    this.#issue(run, activity);
  }

  /** It may not be evicted until `#unuse`. */
  #use({ holdings }: PeerNode, { id }: NamedLayer): PinTicket {
    this.#inUse++;
    return holdings.pin(id);
  }

  #unuse({ holdings }: PeerNode, { id }: NamedLayer, ticket: PinTicket): void {
    this.#inUse--;
    holdings.unpin(id, ticket);
  }

  #pulls(run: Run, holder: HostId, change: 1 | -1): void {
    const { cost } = run.job;
    const now = (run.pulling.get(holder) ?? 0) + change;
    if (now === 0) run.pulling.delete(holder);
    else run.pulling.set(holder, now);
    cost.holders.add(holder);
    cost.sourcesAtOnce = Math.max(cost.sourcesAtOnce, run.pulling.size);
  }

  #dataBytes(layer: Layer): number {
    return this.#world.names.bytes(layer.fetch.unit.tokens).data;
  }
}
