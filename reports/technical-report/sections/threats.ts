import { type Block, type Section, list, paragraph, table } from '../../prose/blocks.ts';
import { type Inline, type Prose, cite, joined, prose, sourced } from '../../prose/inline.ts';
import { quoted } from '../../prose/quantities.ts';
import { formatCount } from '../../study/number-format.ts';
import { flagWarnings } from '../../summary/warnings.ts';
import { type ReportInput, confidence, countOver } from '../report-input.ts';

/** What could make the answers wrong, or right only here. */
export function threats(input: ReportInput): Section {
  return {
    kind: 'section', id: 'threats', title: prose`Threats to validity`, layout: 'plain',
    blocks: [
      list([
        prose`Models. An interval covers the noise of the workload, not the error of the cost model or of the network’s fluid approximation; the section on validation gives those. GPU times come from fits to others’ measurements of a few models and GPUs; where the fit is asked outside its range the trial says so (below). Fluid flows have no packets, slow start or loss of bulk data.`,
        prose`Fairness. The baselines are ours. They get the same connections, compression and prefetch, but a production store may cache, replicate or schedule better than one server does here; sweeps of its size and connections are in the studies.`,
        prose`Workloads. Requests are synthetic with Zipf popularity unless a trace is named, and traces in this report are generated with stated statistics. Correlation between requests, and how retrieval scores drift, are not modelled beyond sessions and topics.`,
        prose`Quality. What stitched and compressed caches do to answers is measured on small models that run here; a large model may lose more or less. Nothing measured on them is claimed of the simulated model.`,
        prose`Hardware. All nodes are alike unless a study says otherwise, GPUs never fail by halves, and prices are not considered: the comparison is at equal hardware, not at equal cost.`,
        statistics(input),
        prose`Implementation. A simulator can be wrong in ways its own tests do not see. Against that stand a conformance suite for all overlays, second implementations, invariants checked at the end of each trial, and digests that let any run be repeated to the bit.`,
      ]),
      ...flags(input),
    ],
  };
}

function statistics({ stories }: ReportInput): Prose {
  const counts = stories.map(({ study }) => study.manifest.seeds.length);
  if (counts.length === 0) return prose`Statistics. There are no results, so nothing is estimated.`;
  const fewest = countOver(Math.min(...counts), '*/manifest.json', 'seeds');
  const single = stories.filter(({ study }) => study.manifest.seeds.length === 1).map(({ study }): Inline => quoted(study, 'name'));
  const alone = single.length === 0 ? [] : prose` Of one seed, without intervals, are ${joined(single.map((name) => [name]), ', ')}.`;
  return prose`Statistics. Intervals are ${confidence()} each, not jointly, so among many comparisons a few will err; the fewest seeds of a study are ${fewest}, and Student intervals of few seeds are wide but rest on means being nearly normal ${cite('law')}. Percentiles of the tail rest on few requests.${alone}`;
}

const MOST_FLAGS = 14;

/** What trials said of themselves. */
function flags({ stories }: ReportInput): Block[] {
  const found = new Map<string, { count: number; places: { source: Inline; count: number }[] }>();
  for (const { study } of stories) {
    for (const { what, count } of flagWarnings(study)) {
      const entry = found.get(what) ?? { count: 0, places: [] };
      entry.count += count;
      entry.places.push({ source: quoted(study, 'name'), count });
      found.set(what, entry);
    }
  }
  if (found.size === 0) return [];
  const sorted = [...found].sort(([, a], [, b]) => b.count - a.count).slice(0, MOST_FLAGS);
  const all = (what: string): { file: string; metric: string; cell: string } => ({ file: '*/trials.jsonl', metric: `flag: ${what}`, cell: 'all studies' });
  return [
    paragraph(prose`Trials flag what a reader should know before trusting them. All studies together:`),
    table(prose`Flags raised by trials, most frequent first`, ['Flag', 'Times', 'Studies'], sorted.map(([what, { count, places }]) => [
      [sourced(what, all(what))], [sourced(formatCount(count), all(what), count)],
      joined([...[...places].sort((a, b) => b.count - a.count).slice(0, 4).map(({ source }): Prose => [source]), ...(places.length > 4 ? [prose`others`] : [])], ', '),
    ]), [1]),
  ];
}

