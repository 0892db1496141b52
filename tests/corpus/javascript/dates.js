console.log(new Date(86400000).toString(), Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(2020, 0, 1).toISOString(), (1234.5).toLocaleString("de-DE"));
