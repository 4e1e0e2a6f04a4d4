/** Controls, and what embeds, overrides or isolates a direction: after one of these `exe.png` may end in `.exe`. */
const MARKS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A text with the marks in it to be seen; those that languages need to be written are left. */
export function showMarks(text: string): string {
  return text.replace(
    MARKS,
    (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}
