Console.Error.WriteLine("usage: noodle VERB [options]");
return 2;
