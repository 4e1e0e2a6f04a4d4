/** The sign of the product; beside its name, so it says nothing by itself. */
export function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#1f4e5f" />
      <path d="M6 24h20v-5h-5v-5h-5V9H6z" fill="#f2b84b" />
    </svg>
  );
}
