/** Import direction: sim and kv at the bottom, experiments the only composition root, reports read saved results. */
const only = (from, to, why) => ({
  name: `${from}-imports-only-${to.join('-') || 'itself'}`,
  comment: why,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(sim|kv|protocols|workloads|experiments|reports|test|bench)/', pathNot: [`^${from}/`, ...to.map((t) => `^${t}`)] },
});

module.exports = {
  forbidden: [
    only('sim', [], 'The simulated machine stands on nothing above it.'),
    only('kv', [], 'Real tensors know nothing of simulated time.'),
    only('protocols', ['sim/', 'kv/(layout|codecs)'], 'Protocols run on the simulated machine and move real layouts and codecs.'),
    only('workloads', ['sim/'], 'Workloads describe requests to the simulated machine.'),
    only('experiments', ['sim/', 'kv/', 'protocols/', 'workloads/', 'reports/'], 'Experiments compose everything.'),
    only('reports', ['experiments/results/'], 'Reports read saved results; they never simulate.'),
    // A cycle of types only is gone once types are stripped.
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'core-without-node',
      severity: 'error',
      from: { path: '^(sim|kv|protocols|workloads)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
