/** The directions of ARCHITECTURE.md as rules; each says what to do instead. */
const onlyFrom = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    onlyFrom(
      'no-cycles',
      'Two files that need each other, be it for a type, are one subject, or a third one is missing: move what both need.',
      {},
      { circular: true },
    ),
    onlyFrom(
      'contract-stands-alone',
      'The contract is the wire and nothing else: no I/O, no Node, nothing of ours. Put behaviour where it is used.',
      { path: '^packages/contract/src' },
      { path: '^packages/(?!contract/)' },
    ),
    onlyFrom(
      'sdk-takes-types-only',
      'The SDK ships without Zod: import types of the contract, not its values.',
      { path: '^packages/sdk/src' },
      { path: '^packages/contract', dependencyTypesNot: ['type-only'] },
    ),
    onlyFrom(
      'sdk-sees-contract-only',
      'The SDK works against any platform: it knows the contract and nothing else of ours.',
      { path: '^packages/sdk/src' },
      { path: '^packages/(?!contract/|sdk/)' },
    ),
    onlyFrom(
      'sdk-browser-entry-without-node',
      'Only src/node may use Node: the other files run in browsers.',
      { path: '^packages/sdk/src', pathNot: ['^packages/sdk/src/node', '\\.test\\.ts$'] },
      { path: '^packages/sdk/src/node' },
    ),
    onlyFrom(
      'no-node-in-browsers',
      'The contract and the browser part of the SDK run where there is no Node: put Node code into sdk/src/node.',
      {
        path: '^packages/(sdk|contract)/src',
        pathNot: ['^packages/sdk/src/node', '\\.test\\.ts$'],
      },
      { dependencyTypes: ['core'] },
    ),
    onlyFrom(
      'agent-takes-types-only',
      'Start-up time of the agent is latency of every job: import types of the contract, not its values.',
      { path: '^packages/agent/src', pathNot: '\\.test\\.ts$' },
      { path: '^packages/(?!agent/)', dependencyTypesNot: ['type-only'] },
    ),
    onlyFrom(
      'files-know-no-room',
      'The door to files of jobs is used by agent and server: what needs a room of either stays there.',
      { path: '^packages/agent/src/files', pathNot: '\\.test\\.ts$' },
      { path: '^packages/', pathNot: '^packages/agent/src/files' },
    ),
    onlyFrom(
      'cli-does-not-import-server',
      'The command line starts the server as a process.',
      { path: '^packages/cli/src' },
      { path: '^packages/(server|agent)' },
    ),
    onlyFrom(
      'server-is-imported-by-tests-only',
      'Outside tests and benchmarks nothing imports the server.',
      { path: '^packages/(contract|sdk|cli|agent|portal)/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/server' },
    ),
    onlyFrom(
      'server-starts-agents',
      'The server starts agents as processes; it may ask what the sandbox and the bound of memory are, read templates, see whether the commands of a run are over, take snapshots on a thread, and open what jobs have made by files/, which both sides share.',
      { path: '^packages/server/src' },
      {
        path: '^packages/agent',
        pathNot:
          '^packages/agent/src/(sandbox/probe|cgroups/choose-control|templates/template|runs/record-end|files/[^/]+|snapshots/[^/]+)\\.ts$',
      },
    ),
    onlyFrom(
      'only-the-ssh-server-knows-ssh2',
      'It is loaded by a process of its own when somebody logs in: an agent that nobody logs in to has nothing of it.',
      { path: '^packages/agent/src', pathNot: '^packages/agent/src/ssh/server/' },
      { path: 'node_modules/ssh2' },
    ),
    onlyFrom(
      'only-http-knows-fastify',
      'Handlers get a Call and give a value: what needs the framework belongs to http/.',
      { path: '^packages/server/src', pathNot: '^packages/server/src/http/' },
      { path: 'node_modules/fastify' },
    ),
    onlyFrom(
      'http-knows-no-room',
      'http/ turns routes into a server; it gets them from app.ts.',
      { path: '^packages/server/src/http' },
      {
        path: '^packages/server/src/(api|jobs|schedulers|storage|catalog|db)/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    onlyFrom(
      'domain-does-not-know-the-api',
      'What happens to jobs and files does not depend on who asks, nor in which dialect: verbs take an actor and what is wanted, and throw a Problem.',
      { path: '^packages/server/src/(jobs|files)/' },
      { path: '^packages/server/src/(api|http|idempotency|portal)/' },
    ),
    onlyFrom(
      'files-do-not-know-jobs',
      'Jobs have files; what files must know of jobs is a question to db/queries.',
      { path: '^packages/server/src/files/' },
      { path: '^packages/server/src/(jobs|sweeps|catalog|schedulers)/' },
    ),
    onlyFrom(
      'sweeps-are-pure',
      'A definition, texts and runs go in, a plan or figures come out: hand in what is read elsewhere, and as values.',
      { path: '^packages/server/src/sweeps/', pathNot: '\\.test\\.ts$' },
      { path: '^packages/(?!contract/)', pathNot: '^packages/server/src/(sweeps/|(limits|problems)\\.ts$)' },
    ),
    onlyFrom(
      'life-does-not-know-the-verbs',
      'A verb begins something in the life of a job, and not the other way round.',
      { path: '^packages/server/src/jobs/(life|runs|optimization|definition)/' },
      { path: '^packages/server/src/jobs/verbs/' },
    ),
    onlyFrom(
      'handlers-do-not-know-the-life',
      'A handler calls a verb and hands what it has applied to the engine; what a job goes through is told in jobs/life.',
      { path: '^packages/server/src/api/' },
      { path: '^packages/server/src/jobs/life/state\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    onlyFrom(
      'catalog-stands-alone',
      'What a site offers is read from its files and its host, whoever asks for it.',
      { path: '^packages/server/src/catalog/' },
      { path: '^packages/server/src/(access|api|db|files|http|idempotency|jobs|schedulers|storage|sweeps)/' },
    ),
    onlyFrom(
      'access-knows-no-room',
      'Who calls and what they may is asked everywhere, so it asks nothing but the database.',
      { path: '^packages/server/src/access/' },
      { path: '^packages/server/src/(api|catalog|files|http|idempotency|jobs|schedulers|storage|sweeps)/' },
    ),
    onlyFrom(
      'portal-knows-the-contract-only',
      'Pages are made of the contract; what is the site’s they get by the API.',
      { path: '^packages/server/src/portal/' },
      {
        path: '^packages/server/src/(access|api|catalog|db|files|idempotency|jobs|schedulers|storage|sweeps)/',
      },
    ),
    onlyFrom(
      'the-portal-knows-the-sdk-only',
      'What a browser does it does by the API, as any client: what is missing belongs into the SDK.',
      { path: '^packages/portal/src' },
      { path: '^packages/(?!portal/|sdk/)' },
    ),
    onlyFrom(
      'ui-knows-no-app',
      'ui/ could be in any app: what knows jobs or files belongs to components/.',
      { path: '^packages/portal/src/ui/' },
      { path: '^packages/portal/src/(api|components|forms|pages|viewers|presets|paths|routes)' },
    ),
    onlyFrom(
      'viewers-import-no-page',
      'A viewer shows bytes wherever they come from: hand in what it needs.',
      { path: '^packages/portal/src/(viewers|components|forms)/' },
      { path: '^packages/portal/src/(pages|routes)' },
    ),
    onlyFrom(
      'only-the-scene-knows-vtk',
      'A surface is drawn by viewers/mesh/scene.ts: readers are ours and run without a browser.',
      { path: '^packages/portal/src', pathNot: '^packages/portal/src/viewers/mesh/scene\\.ts$' },
      { path: 'node_modules/@kitware' },
    ),
    onlyFrom(
      'db-knows-no-room',
      'Queries answer questions about rows: what asks them stays outside db/.',
      { path: '^packages/server/src/db' },
      { path: '^packages/server/src/(api|jobs|http|catalog|storage|schedulers)/' },
    ),
    onlyFrom(
      'state-machine-is-pure',
      'jobs/life/state.ts turns a state and an event into a state; everything with effects belongs to the engine.',
      { path: '^packages/server/src/jobs/life/state\\.ts$' },
      { dependencyTypesNot: ['type-only'] },
    ),
    onlyFrom(
      'adapters-know-their-contract-and-leaves',
      'An adapter that needs another room shows that its contract lacks a capability: add it there.',
      { path: '^packages/server/src/(schedulers|storage)/[^/]+/' },
      { path: '^packages/server/src/(api|jobs|http|catalog|db|access)/' },
    ),
    onlyFrom(
      'migrations-are-frozen',
      'A migration must not change because a helper did: it imports kysely only.',
      { path: '^packages/server/src/db/migrations' },
      { path: '^packages/' },
    ),
    onlyFrom(
      'leaves-import-nothing',
      'clock, ids, limits, problems, logger and what tells of the host are used everywhere, so they use nothing of ours but each other.',
      {
        path: '^packages/server/src/(clock|ids|limits|problems|logger|version|own-path|oom-score|monotonic)\\.ts$',
      },
      { path: '^packages/server/src/[^/]+/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/\\.build/', '/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
