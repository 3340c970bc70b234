import { defineSearchAttributeKey } from '@temporalio/common';
import { defineSignal, patched, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { failureClass, type FailureType, isFailureType } from '../contract/failures.ts';
import { SIGNAL } from '../contract/names.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { PATCH } from './patches.ts';
import { STAGE } from './stage-details.ts';

const agentWaiting = defineSignal<[FailureType?]>(SIGNAL.agentWaiting);
const WAITING = defineSearchAttributeKey(SEARCH_ATTRIBUTE.waiting, 'KEYWORD');

/**
 * Lets the worker mark this run as one that waits for an agent at fault. It costs nothing where the worker does not.
 *
 * @returns removes the mark, once the agent has been asked
 */
export function markWaiting(agent: string): () => void {
  let marked: FailureType | undefined;
  let over = false;
  setHandler(
    agentWaiting,
    (type) => {
      // Anybody with access to Temporal can send it.
      if (over || marked === type || !isFailureType(type) || failureClass(type) !== 'agent') return;
      if (!patched(PATCH.markWaiting)) return;
      marked = type;
      upsertSearchAttributes([{ key: WAITING, value: type }]);
      setCurrentDetails(STAGE.agentAtFault(agent, type));
    },
    { description: 'Sent by the worker when the agent is at fault and the next attempt is a while away.' },
  );
  return () => {
    over = true;
    if (marked !== undefined) upsertSearchAttributes([{ key: WAITING, value: null }]);
  };
}
