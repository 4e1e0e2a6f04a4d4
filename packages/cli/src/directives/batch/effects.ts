/** What options of both batch systems come to here. */
import { type OptionEffect, refusal, warning } from './request.ts';

/** Words that one of the systems says of a part of an option. */
export const WORDS = {
  dependency: 'name the other job when this one is submitted: `quarry jobs submit --after ID`.',
  memory: 'memory comes with the cores of a slot: ask for more cores where it is not enough.',
};

export const EFFECTS = {
  array: refusal('a job has no array here: `quarry sweep --param n=0:9:1` makes a run for each value.'),
  begin: warning('a job starts as soon as there is room: submit it when it shall start.'),
  dependency: refusal(WORDS.dependency),
  directory: warning('a job works in a directory of its own, where its inputs are.'),
  log: warning('what the command writes is in process_output.log.'),
  lowPriority: warning('there is low priority instead: #RESCALE_LOW_PRIORITY=on.'),
  mail: warning('nobody gets mail: `quarry jobs watch` tells the end.'),
  memory: warning(WORDS.memory),
  project: warning('there are projects instead: #RESCALE_PROJECT_ID or --project.'),
  queue: warning('there are core types instead: name one with #RESCALE_CORE_TYPE or --core-type.'),
  repeat: warning('a run is not repeated unless retryPolicy of a definition says so.'),
} satisfies Record<string, OptionEffect>;
