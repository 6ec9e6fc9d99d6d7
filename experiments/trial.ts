/** One trial: a cluster, a system under test and a workload on one clock. Pure in config, system and seed. */
import { checkPins } from '../protocols/store/pin-balance.ts';
import { RequestPipeline } from '../protocols/systems/request-pipeline.ts';
import type { RequestListener } from '../protocols/systems/serving-system.ts';
import { Simulator } from '../sim/kernel/simulator.ts';
import { SECOND } from '../sim/kernel/time.ts';
import type { HostId } from '../sim/network/topology.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import type { TrialOptions } from './engines/engine.ts';
import type { TrialKey, TrialResult } from './results/trial-result.ts';
import { joinsChunks } from './system-names.ts';
import type { SystemName } from './system-names.ts';
import { makeDecision } from './trial/decision.ts';
import { scheduleFaults } from './trial/faults.ts';
import { deviceLabels } from './trial/device-speeds.ts';
import { LateHooks } from './trial/late-hooks.ts';
import { buildMachines } from './trial/machines.ts';
import { buildRouting, cacheBooks } from './trial/routing.ts';
import { Measurement } from './trial/measurement.ts';
import { makePrefetch } from './trial/prefetch.ts';
import { RequestFeed } from './trial/request-feed.ts';
import { qualityOf, recomputationOf } from './trial/stitching.ts';
import { RequestTrace } from './trial/request-trace.ts';
import { resourceMeters } from './trial/resource-meters.ts';
import { ResourceTrace } from './trial/resource-trace.ts';
import { withPlainWorkload } from './trial/dataset-workload.ts';
import { tenantIsolation, TimingAttack } from './trial/tenants.ts';
import { buildSystem, nodeTiers } from './trial/systems.ts';
import { PrefixRequests } from './trial/prefix-requests.ts';
import { makeWorkload } from './trial/workload.ts';

/** The front end's patience with a node that stopped answering. */
const FAILOVER_NS = SECOND;
/** A token id on the wire. */
const PROMPT_TOKEN_BYTES = 4;

export function runTrial(given: ResolvedConfig, key: TrialKey, options: TrialOptions = {}): TrialResult {
  const config = withPlainWorkload(given);
  const name = key.system as SystemName;
  const sim = new Simulator({ seed: key.seed, ...(options.trace === undefined ? {} : { trace: options.trace }) });
  const workload = makeWorkload(config, sim.random);

  // Engines are made with their hooks, which are the pipeline, which is made with the engines: one of them has to wait.
  const hooks = new LateHooks();
  const isCentral = name === 'central-disk' || name === 'central-memory';
  const isolation = tenantIsolation(name, config, workload);
  const books = cacheBooks(name, sim, config, isolation);
  const parts = {
    tiers: nodeTiers(name, config),
    centralScale: isCentral ? config.cluster.central.scale : undefined,
    hasRouter: name === 'central-router',
    prefixCache: books === undefined ? undefined : (host: HostId) => books.listener(host),
  };
  const machines = buildMachines(sim, config, parts, hooks);
  const system = buildSystem(name, sim, config, machines, workload);

  const attack = config.workload.kind === 'prefix' && config.workload.probes > 0 ? new TimingAttack(config.workload.tenants) : undefined;
  const { warmup } = config.measure;
  // A system that reuses KV by prefix knows chunks by what stands before them.
  const prefixes = system.layers === undefined ? undefined : new PrefixRequests(workload.corpus?.catalogue.size ?? 0);
  const requests = new RequestFeed(sim, workload.workload, system.overlay?.settledNs ?? 0);
  const routing = buildRouting(name, sim, config, machines, books);
  const prefetch = joinsChunks(name) ? makePrefetch(config, machines, system.geometries, workload) : undefined;
  const measurement = new Measurement(sim, config, machines, system, { prefetches: prefetch !== undefined, retrieval: workload.retrieval, routing: routing.counts });
  const trace = options.trace === undefined ? undefined : new RequestTrace(options.trace, warmup + config.measure.requests);
  const resources = options.trace === undefined ? undefined : new ResourceTrace(options.trace, machines, resourceMeters(config, machines, system));
  const listener: RequestListener = (request, outcome, state) => {
    resources?.read(sim.now);
    trace?.ended(request, outcome === 'rejected' || outcome === 'failed' ? undefined : state, sim.now);
    if (request.id >= warmup) measurement.add(request, outcome, state);
    if (state !== undefined && outcome === 'completed') attack?.answered(request, state.sequence.firstTokenNs - request.arrivalNs, state.sequence.promptTokens);
    requests.ended(request);
  };
  const { network, nodes } = machines;
  const pipeline = new RequestPipeline(
    {
      sim,
      network,
      nodes,
      dispatcher: routing.dispatcher,
      geometries: system.geometries,
      source: system.source,
    },
    {
      retrieval: config.retrieval,
      prefetch,
      decision: joinsChunks(name) ? makeDecision(sim, config, system) : undefined,
      recomputation: joinsChunks(name) ? recomputationOf(config) : undefined,
      failoverNs: FAILOVER_NS,
      promptTokenBytes: PROMPT_TOKEN_BYTES,
    },
    listener,
  );
  hooks.bind(pipeline);
  scheduleFaults(sim, config, machines, system, routing.frontEnd, FAILOVER_NS);
  requests.start((request) => {
    if (request.id === warmup) measurement.start();
    attack?.arrived(request);
    trace?.started(request);
    resources?.read(sim.now);
    const seen = prefixes?.seen(request) ?? request;
    pipeline.handle(isolation?.salted(seen) ?? seen);
  });
  sim.run(config.measure.maxSimulatedNs);
  network.stats.checkConservation();
  system.fetcher?.checkConservation();
  checkPins([...nodes, ...(system.central === undefined ? [] : [system.central])], system.segmentsInUse?.() ?? 0);
  const result = measurement.result(requests.open);
  const quality = qualityOf(config, joinsChunks(name));
  const metrics = { ...result.metrics, ...quality.metrics, ...(attack === undefined ? {} : { attackAuc: attack.auc() }) };
  // Who stores nothing has nothing from the device that was measured.
  const device = parts.tiers.length === 0 ? {} : deviceLabels(config);
  return { key, ...result, metrics, labels: { ...result.labels, ...quality.labels, ...device } };
}
