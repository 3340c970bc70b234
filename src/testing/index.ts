/** What tests of workflows import from `garudust-temporal/testing`. Needs no package of its own. */
export {
  fakeAgents,
  type FakeAgents,
  type FakeAgentsOptions,
  type FakeAnswer,
  type FakeCall,
  type FakeCallback,
  type FakeReply,
} from './fake-agents.ts';
