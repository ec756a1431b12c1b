namespace Noodle.Cli.CommandLine;

/// <summary>A model file named on the command line, checked before anything else is done with it.</summary>
internal static class ModelFile
{
    /// <exception cref="CliException">It is missing, a folder, empty, or may not be read.</exception>
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, $"{path} is a folder; name the model file in it.");
        }

        try
        {
            FileStream file = File.OpenRead(path);
            if (file.Length > 0)
            {
                return file;
            }

            file.Dispose();
            throw new CliException(ExitCodes.Usage, $"{path} is empty; name a model file.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCodes.Usage, $"There is no file {path}; check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"{path} cannot be read; check its permissions.", e);
        }
    }
}
