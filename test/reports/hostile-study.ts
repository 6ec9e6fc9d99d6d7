import { peersWin } from './behaviours.ts';
import { FOUR_SYSTEMS, type SyntheticStudy } from './synthetic-results.ts';

/** A study all of whose names try to be something else. Each `alert` must stay text. */
export const HOSTILE: SyntheticStudy = {
  name: 'x</title><script>alert(1)</script>',
  question: 'Is <img src=x onerror=alert(2)> | `safe` & "quoted"? \u2028 日本語 \u202E reversed',
  summary: '</script><script>alert(3)</script> <!-- open',
  systems: [...FOUR_SYSTEMS, { name: 'extra', label: 'A "very" long <script>alert(4)</script> name & that goes on' }, { name: 'wide', label: "日本語 'システム'" }],
  sweep: [
    { key: 'workload', values: ['{ kind: rag, rate: 2/s, note: "</script><script>alert(5)</script>" }', 'none'], description: '' },
    { key: 'weird.<b>key</b>"x', values: ['a\u0000b', null, true], description: '' },
  ],
  seeds: ['1', '"><script>alert(6)</script>'],
  queriesPerTrial: 20,
  behaviour: (cell, system) => ({
    ...peersWin(cell, system),
    flags: { '<b>flag</b> | pipe \u202E': 3 },
    labels: { busiestResource: '<i>NIC</i>' },
    metrics: { busiestUtilisation: 0.95 },
    series: { '</script><script>alert(7)</script>': { timeS: [0, 1], value: [1, 2] } },
  }),
  config: 'faults: [{ at: 1s, crash: [0], for: 1s }]\n',
};
