import { createHash } from 'node:crypto';
import type { Stopping } from '../../experiments/results/manifest.ts';
import type { Metric } from '../../experiments/results/metrics.ts';
import type { Figure, Omission } from '../figures/figure.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { type Scorecard, makeScorecard } from '../scorecard/scorecard.ts';
import { formatMeasure, formatSeeds } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import type { Study } from '../study/study.ts';
import type { Finding } from '../summary/finding.ts';
import { findings } from '../summary/findings.ts';
import { overlayFindings } from '../summary/overlay-findings.ts';
import { type Warning, flagWarnings, precisionWarnings, warmUpWarnings } from '../summary/warnings.ts';
import { type RequestSample, sampleRequests } from './request-sample.ts';
import type { Table } from './table.ts';
import { growthTable, publishedTable } from './overlay-tables.ts';
import { scalingTable } from './scaling-table.ts';
import { againstFirstTable, comparisonTable, effectTable, reportedMetrics, resultTable } from './tables.ts';

/**
 * Everything a report says, before it is set as Markdown or HTML. Texts are plain: the writers escape them. What a config's summary tells of results is not
 * in it: it was written once, of the config as it stands, and a report's numbers come from the results alone.
 */
export interface ReportModel {
  readonly title: string;
  readonly question: string;
  /** Targets of the research plan; undefined where the study can judge none. */
  readonly scorecard: Scorecard | undefined;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Warning[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly omissions: readonly Omission[];
  readonly metrics: readonly Metric[];
  /** Rules by which the numbers were made, one sentence or two each. */
  readonly methods: readonly string[];
  readonly provenance: readonly (readonly [label: string, value: string])[];
  /** Commands that make the results and the report again. */
  readonly commands: readonly string[];
  readonly systems: readonly SystemStyle[];
  readonly requests: RequestSample | undefined;
}

export async function reportModel(study: Study, figures: readonly Figure[], omissions: readonly Omission[]): Promise<ReportModel> {
  const { manifest } = study;
  const tables = [publishedTable(study), growthTable(study), resultTable(study), comparisonTable(study), againstFirstTable(study), scalingTable(study), effectTable(study)].filter((table) => table !== undefined);
  return {
    title: printable(manifest.name),
    question: printable(manifest.question),
    scorecard: makeScorecard(study),
    findings: study.kind === 'overlay' ? overlayFindings(study) : findings(study),
    warnings: [...precisionWarnings(study), ...flagWarnings(study), ...(await warmUpWarnings(study))],
    tables,
    figures,
    omissions,
    metrics: reportedMetrics(study),
    methods: study.kind === 'overlay' ? OVERLAY_METHODS : METHODS,
    provenance: provenanceRows(study),
    commands: [`npm run experiment -- results/${manifest.name}/config.resolved.yaml --out results/${manifest.name}-again`, `npm run report -- results/${manifest.name}`],
    systems: study.systems,
    requests: await sampleRequests(study),
  };
}

const METHODS: readonly string[] = [
  'Intervals are 95 % Student t intervals across seeds. One seed gives none, and no claim is made from one.',
  'Systems are compared on the same seeds, which give them the same requests: the interval is that of the mean of the paired differences. A ratio of means has Fieller’s interval for paired data.',
  'A system is called better or worse only where that interval excludes zero and the means differ by at least 1 %. Each interval misses the truth in 5 % of cases, so among many comparisons a few will.',
  'Percentiles are exact, by nearest rank: the smallest observed value with at least p % of the values at or below it.',
  'The parts of a TTFT are its critical path: each instant belongs to the activity whose end released the next step. They add up to the TTFT; hidden work is reported beside them.',
  'The warm-up that the protocol drops is checked by MSER-5 on the TTFT in order of arrival, averaged over the seeds.',
];

const OVERLAY_METHODS: readonly string[] = [
  'Intervals are 95 % Student t intervals across seeds. One seed gives none, and no claim is made from one.',
  'Protocols are compared on the same seeds, which give them the same identifiers, keys and fates of nodes: the interval is that of the mean of the paired differences.',
  'Protocols run as messages in simulated time: a node knows what messages told it, and a crash is found by timeout. Lookups are judged against an omniscient ground truth at the moment they end.',
  'Percentiles are exact, by nearest rank: the smallest observed value with at least p % of the values at or below it.',
  'Traffic counts encoded messages with their headers. Maintenance is everything that is neither a lookup nor a stored value: periodic rounds, repairs, joins and leaves.',
];

function provenanceRows(study: Study): [string, string][] {
  const { manifest } = study;
  const digests = Object.entries(manifest.digests ?? {});
  return [
    ['Package', `${manifest.package.name} ${manifest.package.version}`],
    ['Config hash', manifest.configHash],
    ['Seeds', `${formatSeeds(manifest.seeds)} (${manifest.seeds.length})`],
    ...(manifest.stopping === undefined ? [] : [['Precision', precisionText(manifest.stopping)] satisfies [string, string]]),
    ['Trials', `${manifest.trials}, of which ${manifest.runs} were run and the rest share a run`],
    ...(digests.length === 0 ? [] : [['Digest of all runs', createHash('sha256').update(JSON.stringify(digests)).digest('hex')] satisfies [string, string]]),
    ...measuredOn(study),
    ...manifest.inputs.map(({ path, sha256 }): [string, string] => [`Input ${printable(path)}`, `SHA-256 ${sha256}`]),
  ];
}

/** Labels of trials that say what speeds or qualities were measured on. */
const MEASURED: readonly (readonly [label: string, title: string])[] = [
  ['deviceMeasuredOn', 'Storage speeds measured on'],
  ['qualityMeasuredOn', 'Answers measured on'],
];

function measuredOn({ rows }: Study): [string, string][] {
  return MEASURED.flatMap(([label, title]) => {
    const values = new Set(rows.map(({ labels }) => (Object.hasOwn(labels, label) ? labels[label] : undefined)).filter((value) => value !== undefined));
    return [...values].map((value): [string, string] => [title, printable(value)]);
  });
}

/** How seeds were added until intervals were narrow. */
function precisionText({ precision, metrics, maxSeeds, reached }: Stopping): string {
  const widest = reached === null ? 'a mean of 0 has no relative width' : `the widest in the end is ± ${formatMeasure(reached, 'fraction')}`;
  return `seeds were added (to at most ${maxSeeds}) until every 95 % interval of ${metrics.join(', ')} was within ± ${formatMeasure(precision, 'fraction')} of its mean; ${widest}`;
}
