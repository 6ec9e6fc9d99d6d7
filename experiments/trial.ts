/** One trial: a cluster, a system under test and a workload on one clock. Pure in config, system and seed. */
import { FrontEnd } from '../protocols/systems/front-end.ts';
import { RequestPipeline } from '../protocols/systems/request-pipeline.ts';
import type { RequestListener } from '../protocols/systems/serving-system.ts';
import { Simulator } from '../sim/kernel/simulator.ts';
import { SECOND } from '../sim/kernel/time.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import type { TrialOptions } from './engines/engine.ts';
import type { TrialKey, TrialResult } from './results/trial-result.ts';
import type { SystemName } from './system-names.ts';
import { scheduleFaults } from './trial/faults.ts';
import { LateHooks } from './trial/late-hooks.ts';
import { buildMachines } from './trial/machines.ts';
import { Measurement } from './trial/measurement.ts';
import { RequestFeed } from './trial/request-feed.ts';
import { RequestTrace } from './trial/request-trace.ts';
import { buildSystem, nodeTiers } from './trial/systems.ts';
import { makeWorkload } from './trial/workload.ts';

/** The front end's patience with a node that stopped answering. */
const FAILOVER_NS = SECOND;
/** A token id on the wire. */
const PROMPT_TOKEN_BYTES = 4;

export function runTrial(config: ResolvedConfig, key: TrialKey, options: TrialOptions = {}): TrialResult {
  const name = key.system as SystemName;
  const sim = new Simulator({ seed: key.seed, ...(options.trace === undefined ? {} : { trace: options.trace }) });
  const workload = makeWorkload(config, sim.random);

  // Engines are made with their hooks, which are the pipeline, which is made with the engines: one of them has to wait.
  const hooks = new LateHooks();
  const isCentral = name === 'central-disk' || name === 'central-memory';
  const machines = buildMachines(sim, config, nodeTiers(name, config), isCentral ? config.cluster.central.scale : undefined, hooks);
  const system = buildSystem(name, sim, config, machines, workload);

  const { warmup } = config.measure;
  const requests = new RequestFeed(sim, workload.workload.requests(sim.random), system.overlay?.settledNs ?? 0);
  const measurement = new Measurement(sim, config, machines, system);
  const trace = options.trace === undefined ? undefined : new RequestTrace(options.trace, warmup + config.measure.requests);
  const listener: RequestListener = (request, outcome, state) => {
    trace?.ended(request, outcome === 'rejected' || outcome === 'failed' ? undefined : state, sim.now);
    if (request.id >= warmup) measurement.add(request, outcome, state);
    requests.ended();
  };
  const { network, nodes, hosts } = machines;
  const frontEnd = new FrontEnd(nodes, config.routing.policy, sim.random.stream('front-end'));
  const pipeline = new RequestPipeline(
    {
      sim,
      network,
      nodes,
      frontEndHost: hosts.frontEnd,
      frontEnd,
      geometries: system.geometries,
      source: system.source,
    },
    {
      retrieval: { stage: config.retrieval.stage, latencyNs: config.retrieval.latencyNs },
      prefetchThresholdNs: name === 'no-reuse' ? undefined : (config.prefetch.thresholdNs ?? undefined),
      unitTokens: (id) => workload.corpus!.catalogue.tokens(id),
      failoverNs: FAILOVER_NS,
      promptTokenBytes: PROMPT_TOKEN_BYTES,
    },
    listener,
  );
  hooks.bind(pipeline);
  scheduleFaults(sim, config, machines, system, frontEnd, FAILOVER_NS);
  requests.start((request) => {
    if (request.id === warmup) measurement.start();
    trace?.started(request);
    pipeline.handle(request);
  });
  sim.run(config.measure.maxSimulatedNs);
  network.stats.checkConservation();
  return { key, ...measurement.result(requests.open) };
}
