/** When the requests of a trial come, from its config. */
import type { ArrivalProcess } from '../../workloads/arrivals/arrival-process.ts';
import { ClosedLoopWorkload } from '../../workloads/arrivals/closed-loop.ts';
import { ConstantArrivals } from '../../workloads/arrivals/constant.ts';
import { DiurnalArrivals } from '../../workloads/arrivals/diurnal.ts';
import { GammaArrivals } from '../../workloads/arrivals/gamma.ts';
import { PoissonArrivals } from '../../workloads/arrivals/poisson.ts';
import { OpenLoopWorkload } from '../../workloads/open-loop.ts';
import type { PromptSource } from '../../workloads/prompt-source.ts';
import type { SessionOptions } from '../../workloads/sessions.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';

type MadeWorkload = Exclude<ResolvedConfig['workload'], { kind: 'trace' }>;

/** Prompts put at the times that the config says, as many as are measured and warmed up with. */
export function makeLoop(prompts: PromptSource, workload: MadeWorkload, { measure: { warmup, requests }, cluster }: ResolvedConfig, sessions?: SessionOptions): OpenLoopWorkload | ClosedLoopWorkload {
  const limit = warmup + requests;
  if (workload.arrivals === 'closed-loop') return new ClosedLoopWorkload({ prompts, clients: workload.clients * cluster.nodes, thinkTimeNs: workload.clientPauseNs, limit });
  return new OpenLoopWorkload({ prompts, arrivals: makeArrivals(workload.arrivals, workload), limit, ...(sessions === undefined ? {} : { sessions }) });
}

function makeArrivals(kind: Exclude<MadeWorkload['arrivals'], 'closed-loop'>, { ratePerSecond, burstiness, peakToTrough, periodNs }: MadeWorkload): ArrivalProcess {
  switch (kind) {
    case 'poisson':
      return new PoissonArrivals(ratePerSecond);
    case 'constant':
      return new ConstantArrivals(ratePerSecond);
    case 'gamma':
      return new GammaArrivals(ratePerSecond, burstiness);
    case 'diurnal':
      return new DiurnalArrivals({ ratePerSecond, peakToTrough, periodNs });
  }
}
