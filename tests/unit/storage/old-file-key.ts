/** Key of the files in old-files/, and of no other. */
export const OLD_FILE_KEY = '0123456789abcdef'.repeat(4)
