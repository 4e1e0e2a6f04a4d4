/** In the address of a new job, in place of the id of a job template: which one is still to be chosen. */
export const TO_BE_CHOSEN = 'list';
