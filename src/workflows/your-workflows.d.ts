/** The workflow code of a team, which the bundler puts in the place of this name: see `worker/workflow-bundle.ts`. */
declare module 'garudust-temporal/your-workflows' {
  const anything: unknown;
  export default anything;
}
