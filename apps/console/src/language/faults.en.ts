/** What is wrong with files, and why their columns are read as they are: a name and a sentence for every code. */
export const faultsEn = {
  'imports.fault.timestamp-missing': 'No time',
  'imports.detail.timestamp-missing': 'The row does not say when it was measured.',
  'imports.fault.timestamp-malformed': 'Not a time in this format',
  'imports.detail.timestamp-malformed': 'It is not written as the chosen format of the time says.',
  'imports.detail.timestamp-malformed.of': 'It is not written as {format}.',
  'imports.fault.timestamp-too-precise': 'Time too precise',
  'imports.detail.timestamp-too-precise': 'A time has at most nine digits after the second.',
  'imports.fault.timestamp-out-of-range': 'Time out of range',
  'imports.detail.timestamp-out-of-range': 'Time runs from 1970 to the end of 9999 here.',
  'imports.fault.timestamp-in-future': 'Time in the future',
  'imports.detail.timestamp-in-future':
    'It is more than ten minutes ahead of now. Check the date and the time zone.',
  'imports.fault.timestamp-leap-second': 'Leap second',
  'imports.detail.timestamp-leap-second': 'A minute ends with its 59th second here.',
  'imports.fault.timestamp-not-a-date': 'Not a date of the calendar',
  'imports.detail.timestamp-not-a-date': 'This day or this time of day does not exist.',
  'imports.fault.timestamp-offset-invalid': 'Impossible offset from UTC',
  'imports.detail.timestamp-offset-invalid': 'An offset from UTC lies between -12:00 and +14:00.',
  'imports.fault.timestamp-offset-missing': 'No time zone',
  'imports.detail.timestamp-offset-missing':
    'The time does not say its time zone. Choose the zone of the whole file.',
  'imports.fault.timestamp-ambiguous': 'Hour that came twice',
  'imports.detail.timestamp-ambiguous':
    'Clocks showed this time twice. Say which of the two is meant.',
  'imports.detail.timestamp-ambiguous.of':
    'Clocks in {zone} showed this time twice. Say which of the two is meant.',
  'imports.fault.timestamp-nonexistent': 'Hour that clocks skipped',
  'imports.detail.timestamp-nonexistent': 'Clocks skipped this time. Check the time zone.',
  'imports.detail.timestamp-nonexistent.of':
    'Clocks in {zone} skipped this time. Check the time zone.',
  'imports.fault.timestamp-format-unsaid': 'Format of the time not chosen',
  'imports.detail.timestamp-format-unsaid': 'Choose how the times are written.',
  'imports.detail.timestamp-format-unsaid.of':
    'The times can be read as {formats}. Choose the right one.',
  'imports.fault.reading-too-old': 'Too old',
  'imports.detail.reading-too-old': 'Readings of this time are not kept any more.',
  'imports.fault.equipment-id-missing': 'No equipment',
  'imports.detail.equipment-id-missing': 'The row names no equipment.',
  'imports.fault.equipment-id-invalid': 'Not a name of equipment',
  'imports.detail.equipment-id-invalid':
    'A name has 1 to 128 letters, digits and . _ : - and begins with a letter or a digit.',
  'imports.fault.equipment-id-reserved': 'Reserved name',
  'imports.detail.equipment-id-reserved':
    'This word is part of the service and cannot name equipment.',
  'imports.fault.equipment-forbidden': 'Equipment not allowed',
  'imports.detail.equipment-forbidden': 'You may not write readings of this equipment.',
  'imports.detail.equipment-forbidden.of': 'You may not write readings of {equipmentId}.',
  'imports.fault.value-not-a-number': 'Not a number',
  'imports.detail.value-not-a-number':
    'A value is a number without text, blanks or thousands separators.',
  'imports.fault.value-out-of-range': 'Number too large or too small',
  'imports.detail.value-out-of-range': 'A value is 0, or lies between 1e-100 and 1e100.',
  'imports.fault.metric-name-invalid': 'Not a name of a metric',
  'imports.detail.metric-name-invalid':
    'A name has 1 to 64 letters, digits and _ . - and begins with a letter.',
  'imports.fault.too-many-metric-names': 'Too many metrics',
  'imports.detail.too-many-metric-names':
    'The equipment has as many metrics as it can have: 1,024.',
  'imports.fault.reading-not-storable': 'Cannot be stored',
  'imports.detail.reading-not-storable': 'The database cannot hold this row.',
  'imports.fault.field-count': 'Too many or too few cells',
  'imports.detail.field-count': 'The row has another number of cells than the line of names.',
  'imports.detail.field-count.of': 'The row has {fields} cells, the line of names {expected}.',
  'imports.fault.column-unnamed': 'Cell without a name',
  'imports.detail.column-unnamed':
    'A cell stands in a column without a name. Leave the column out, or look for a delimiter within a cell.',
  'imports.detail.column-unnamed.of':
    'A cell stands in column {place}, which has no name. Leave the column out, or look for a delimiter within a cell.',
  'imports.fault.too-many-made-names': 'Too many names',
  'imports.detail.too-many-made-names':
    'More than 1,024 names of metrics, or 16 KiB of them, cannot be turned into others. Write letters, digits and _ . - alone.',
  'imports.fault.metric-name-taken': 'Name taken',
  'imports.detail.metric-name-taken':
    'The name would be stored as that of another metric of the file. Give one of them another name.',
  'imports.fault.units-row': 'Units',
  'imports.detail.units-row':
    'The line says something of the columns, such as their units, and is no reading.',
  'imports.fault.comment': 'Comment',
  'imports.detail.comment': 'The line is a comment and was never a row.',
  'imports.fault.header-repeated': 'Names again',
  'imports.detail.header-repeated': 'The line is the line of names again.',
  'imports.fault.header-changed': 'Other columns from here on',
  'imports.detail.header-changed':
    'The columns have other names from here on. Import this part as a file of its own.',
  'imports.fault.unclosed-quote': 'Quote not closed',
  'imports.detail.unclosed-quote': 'A cell begins with a quote that is never closed.',
  'imports.fault.quote-malformed': 'Broken quotes',
  'imports.detail.quote-malformed':
    'After a closing quote only the delimiter or the end of the line can follow.',
  'imports.fault.embedded-newline': 'Cell over several lines',
  'imports.detail.embedded-newline': 'A cell runs over the end of its line.',
  'imports.fault.row-too-long': 'Row too long',
  'imports.detail.row-too-long': 'The row is longer than 64 KB.',
  'imports.fault.zero-bytes': 'Zero bytes',
  'imports.detail.zero-bytes': 'Zero bytes stand where a row was, as a loss of power leaves them.',
  'imports.fault.decimal-ambiguous': 'Commas of two meanings',
  'imports.detail.decimal-ambiguous':
    'Commas end cells and begin decimals here. Numbers with a comma must stand in quotes.',
  'imports.fault.encoding-invalid': 'Unreadable letters',
  'imports.detail.encoding-invalid':
    'The row has letters that the encoding of the file does not have. Choose another one.',
  'imports.fault.report-full': 'More than the report holds',
  'imports.detail.report-full': 'More rows have faults than the report can list.',
  'imports.fault.file-empty': 'The file is empty',
  'imports.detail.file-empty': 'There is no line of names in it.',
  'imports.fault.file-not-csv': 'This is no CSV file',
  'imports.detail.file-not-csv':
    'It is something else, such as a spreadsheet, a PDF or an archive. Export the data as CSV.',
  'imports.fault.file-missing': 'The file is gone',
  'imports.detail.file-missing': 'The uploaded file is no longer there. Send it again.',
  'imports.fault.file-replaced': 'The file was replaced',
  'imports.detail.file-replaced': 'Another file took its place after the upload. Send it again.',
  'imports.fault.gzip-corrupt': 'The compressed file is damaged',
  'imports.detail.gzip-corrupt': 'It is damaged or cut off. Compress it and send it again.',
  'imports.fault.gzip-too-large': 'Too large once unpacked',
  'imports.detail.gzip-too-large': 'Unpacked, the file is larger than can be imported. Split it.',
  'imports.fault.gzip-ratio-too-high': 'Unpacks to far more',
  'imports.detail.gzip-ratio-too-high':
    'The file unpacks to very many times its size. Send it unpacked or in parts.',
  'imports.fault.encoding-unsupported': 'Another encoding',
  'imports.detail.encoding-unsupported':
    'The file is not UTF-8. Choose its encoding, or save it as UTF-8.',
  'imports.fault.delimiter-ambiguous': 'Several delimiters',
  'imports.detail.delimiter-ambiguous':
    'The line of names can be cut in several ways. Choose the delimiter.',
  'imports.fault.header-missing': 'No line of names',
  'imports.detail.header-missing': 'The line that is to name the columns is blank or not there.',
  'imports.fault.header-missing-column': 'A column is missing',
  'imports.detail.header-missing-column':
    'No line names the columns, with equipment and time among them.',
  'imports.fault.header-malformed': 'Broken line of names',
  'imports.detail.header-malformed': 'The quotes in the line of names are broken.',
  'imports.fault.header-too-long': 'Line of names too long',
  'imports.detail.header-too-long': 'The line of names does not end within 64 KB.',
  'imports.fault.header-invalid-column': 'Column without a usable name',
  'imports.detail.header-invalid-column':
    'A column has no name that a metric can have. Name it or leave it out.',
  'imports.detail.header-invalid-column.of':
    'Column {place} has no name that a metric can have. Name it or leave it out.',
  'imports.fault.header-duplicate-column': 'Two columns of one name',
  'imports.detail.header-duplicate-column':
    'Two columns have one name. Rename one or leave it out.',
  'imports.detail.header-duplicate-column.of':
    'Two columns are read as {name}. Rename one or leave it out.',
  'imports.fault.header-role-unsaid': 'Layout not chosen',
  'imports.detail.header-role-unsaid': 'Say whether the file has a row for each value.',
  'imports.fault.header-no-metric': 'No numbers',
  'imports.detail.header-no-metric': 'No column has numbers.',
  'imports.fault.too-many-columns': 'Too many columns',
  'imports.detail.too-many-columns': 'The file has more columns than can be read.',
  'imports.detail.too-many-columns.of': 'The file has {count} columns; at most {most} can be read.',
  'imports.fault.too-many-metrics': 'Too many metrics',
  'imports.detail.too-many-metrics':
    'The file has more columns with numbers than a reading can have. Leave some out, and import the file once more with the others.',
  'imports.detail.too-many-metrics.of':
    'The file has {count} columns with numbers; a reading has at most {most}. Leave some out, and import the file once more with the others.',
  'imports.fault.no-valid-row': 'No row could be read',
  'imports.detail.no-valid-row':
    'Not one row is a reading. Perhaps the time or the numbers are written otherwise than was said.',
  'imports.fault.import-abandoned': 'The import did not get on',
  'imports.detail.import-abandoned': 'It failed again and again. Send the file again.',
  'imports.reason.said-by-columns': 'You said so.',
  'imports.reason.equipment-of-file': 'The whole file has one equipment.',
  'imports.reason.named-so': 'Its name says so.',
  'imports.reason.holds-timestamps': 'Its cells can be read as times.',
  'imports.reason.date-and-time-apart': 'Date and time of day stand in two columns.',
  'imports.reason.holds-equipment-ids': 'Its cells can be names of equipment.',
  'imports.reason.row-for-each-value': 'The file seems to have a row for each value.',
  'imports.reason.beside-value': 'The column “value” has all numbers.',
  'imports.reason.other-letters': 'A metric’s name has other letters.',
  'imports.reason.no-name': 'It has no name.',
  'imports.reason.left-out': 'It is left out.',
  'imports.reason.decimal-commas': 'Its numbers have commas.',
  'imports.reason.no-number': 'None of its cells is a number.',
  'imports.reason.metric': 'Every other column is a metric.',
  'imports.reason.metric-renamed':
    'Every other column is a metric; the name was made of the column’s.',
  'imports.reason.too-many-metrics': 'A reading cannot have more metrics.',
  'imports.reason.role-taken': 'Another column is this already.',
  'imports.reason.name-taken': 'Another column has this name, or it means something else.',
} as const;
